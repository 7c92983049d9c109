// What a person does with a store, from its order to its end.
import { apply, kubectl, remove, store } from './cluster.ts';
import { expect, heading, row, test } from './fixtures.ts';

test.afterAll(() => remove('e2e-new', 'e2e-life', 'e2e-live', 'e2e-edit', 'e2e-clash'));

test('an order is checked as it is typed, and comes up', async ({ open }) => {
  const page = await open();
  await page.getByRole('button', { name: 'New store' }).click();
  await expect(heading(page, 'New store')).toBeFocused();
  await page.getByRole('radio', { name: /WooCommerce/ }).check();

  await page.getByLabel('Name', { exact: true }).fill('E2E_new');
  await expect(page.getByText('A lowercase RFC 1123 label must consist of')).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Currency').fill('euro');
  await expect(page.locator('.field', { has: page.getByLabel('Currency') }).locator('.errors')).toContainText('does not match pattern');
  await page.getByRole('button', { name: 'Add domain' }).click();
  await page.getByLabel('Domain 1', { exact: true }).fill('shop.localtest.me');
  await expect(page.getByText('Must be outside localtest.me')).toBeVisible();
  await page.getByLabel('Size of database').fill('big');
  await expect(page.getByText('Must be a quantity')).toBeVisible();
  await expect(page.locator('[data-verdict=refused]')).toBeVisible();

  await page.getByLabel('Name', { exact: true }).fill('e2e-new');
  await page.getByLabel('Currency').fill('USD');
  await page.getByLabel('Domain 1', { exact: true }).fill('shop.example.org');
  await page.getByLabel('Size of database').fill('6Gi');
  await page.getByLabel('Display name').fill('Shop of the test');
  await expect(page.locator('[data-verdict=accepted]')).toBeVisible();
  await expect(page.locator('.errors')).toHaveCount(0);
  await expect(page.getByRole('group', { name: 'YAML' })).toContainText('displayName: Shop of the test');
  await expect(page.getByRole('group', { name: 'kubectl command' })).toContainText('kubectl create -f -');
  await page.getByRole('button', { name: 'Create e2e-new' }).click();

  await expect(heading(page, 'e2e-new')).toBeVisible();
  await expect(page.locator('.title .badge')).toHaveText('Ready');
  await expect(page.locator('.timeline li.done')).toHaveCount(5);
  await expect(page.locator('.links').getByRole('link', { name: /e2e-new.localtest.me/ })).toHaveAttribute('href', 'http://e2e-new.localtest.me');
  await expect(page.getByRole('region', { name: 'Credentials' })).toContainText('kubectl -n store-e2e-new get secret admin');
  const made = JSON.parse(await kubectl('get', 'store', 'e2e-new', '-o', 'json')) as { spec: object };
  expect(made.spec).toMatchObject({ plan: 'starter', parameters: { currency: 'USD' }, hosts: ['shop.example.org'], storage: [{ name: 'database', size: '6Gi' }] });

  await page.getByRole('tab', { name: 'Events' }).click();
  await expect(page.getByRole('region', { name: 'Events' })).toContainText('BecameReady');
  await page.getByRole('tab', { name: 'Objects' }).click();
  await expect(page.getByRole('row', { name: /StatefulSet database 1\/1 ready/ })).toBeVisible();
  await page.getByRole('tab', { name: 'Pods and logs' }).click();
  await expect(page.getByRole('row', { name: /database-0/ })).toBeVisible();
});

test('a name that is taken is said beside the name, and nothing that was typed is lost', async ({ open }) => {
  await apply(store('e2e-live', { suspend: true }));
  const page = await open('create?engine=woocommerce');
  await page.getByLabel('Display name').fill('Kept');
  await page.getByLabel('Name', { exact: true }).fill('e2e-live');
  await expect(page.getByText('This name is taken.')).toBeVisible();
  await expect(page.getByLabel('Display name')).toHaveValue('Kept');
});

test('what another client does is seen at once', async ({ open }) => {
  await apply(store('e2e-live', { suspend: true }));
  const page = await open('?q=e2e-live');
  await expect(row(page, 'e2e-live')).toContainText('Suspended');
  await kubectl('patch', 'store', 'e2e-live', '--type=merge', '-p', '{"spec":{"displayName":"Changed elsewhere"}}');
  await expect(row(page, 'e2e-live')).toContainText('Changed elsewhere');
  await kubectl('delete', 'store', 'e2e-live');
  await expect(row(page, 'e2e-live')).toHaveCount(0);
  await expect(page.getByText('Nothing matches')).toBeVisible();
});

test('an edit beside another’s goes on top of the fresh version', async ({ open }) => {
  await apply(store('e2e-edit', { suspend: true, displayName: 'Before' }));
  const page = await open('stores/e2e-edit/edit');
  await page.getByLabel('Display name').fill('Mine');
  await expect(page.locator('[data-verdict=accepted]')).toBeVisible();
  await kubectl('patch', 'store', 'e2e-edit', '--type=merge', '-p', '{"spec":{"displayName":"Theirs","plan":"business"}}');
  const alert = page.getByRole('alert').filter({ hasText: 'Somebody else changed this store meanwhile' });
  await expect(alert.getByRole('row', { name: 'displayName Mine Theirs' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep my changes on the fresh version' }).click();
  await expect(page.getByLabel('Display name')).toHaveValue('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(heading(page, 'e2e-edit')).toBeVisible();
  const saved = JSON.parse(await kubectl('get', 'store', 'e2e-edit', '-o', 'json')) as { spec: object };
  expect(saved.spec).toMatchObject({ displayName: 'Mine', plan: 'business' });
});

test('a conflict that only the server saw is told, with the fresh version', async ({ open, context }) => {
  await apply(store('e2e-clash', { suspend: true, displayName: 'Before' }));
  await context.route('**/stores?*watch=1*', (route) => route.abort());
  const page = await open('stores/e2e-clash/edit');
  await page.getByLabel('Display name').fill('Mine');
  // The other change comes between the page's last look and its request.
  await context.route('**/stores/e2e-clash?fieldValidation=Strict', async (route) => {
    await kubectl('patch', 'store', 'e2e-clash', '--type=merge', '-p', '{"spec":{"plan":"business"}}');
    await route.continue();
  }, { times: 1 });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('They changed other fields than you')).toBeVisible();
  await page.getByRole('button', { name: 'Keep my changes on the fresh version' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(heading(page, 'e2e-clash')).toBeVisible();
  const saved = JSON.parse(await kubectl('get', 'store', 'e2e-clash', '-o', 'json')) as { spec: object };
  expect(saved.spec).toMatchObject({ displayName: 'Mine', plan: 'business' });
});

test('suspend, resume, another version, and deletion by name', async ({ open }) => {
  await apply(store('e2e-life', { version: '10.8.0' }));
  const page = await open('stores/e2e-life');
  const badge = page.locator('.title .badge');
  await expect(badge).toHaveText('Ready');
  await page.getByRole('button', { name: 'Suspend' }).click();
  await expect(badge).toHaveText('Suspended');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(badge).toHaveText('Ready');

  await page.getByRole('button', { name: 'Change version' }).click();
  await expect(page.getByRole('button', { name: 'Change to 10.9.4' })).toBeDisabled();
  await page.getByLabel('Type e2e-life to confirm').fill('e2e-life');
  await page.getByRole('button', { name: 'Change to 10.9.4' }).click();
  await expect(page.getByRole('region', { name: 'Facts' })).toContainText('woocommerce 10.9.4');

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByLabel('Type e2e-life to confirm').fill('e2e-lif');
  await expect(page.getByRole('button', { name: 'Delete e2e-life' })).toBeDisabled();
  await page.getByLabel('Type e2e-life to confirm').fill('e2e-life');
  await page.getByRole('button', { name: 'Delete e2e-life' }).click();
  await expect(page.getByText('There is no store “e2e-life”')).toBeVisible();
});
