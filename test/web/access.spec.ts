// What somebody may not do is shown before they try, as the API server says it.
import { apply, kubectl, proxy, remove, store, user, type Served } from './cluster.ts';
import { expect, heading, row, test } from './fixtures.ts';

const bind = (name: string, role: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: `dashboard-${name}` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
});
const one = {
  apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'dashboard-one-store' },
  rules: [{ apiGroups: ['platform.example.io'], resources: ['stores'], resourceNames: ['e2e-seen'], verbs: ['get', 'list', 'watch'] }],
};

const proxies: Record<string, Served> = {};

test.beforeAll(async () => {
  await apply(one, bind('vera', 'store-viewer'), bind('edgar', 'store-editor'), bind('olga', 'dashboard-one-store'), store('e2e-seen', { suspend: true }));
  for (const name of ['vera', 'edgar', 'olga']) proxies[name] = await proxy(await user(name));
});

test.afterAll(async () => {
  await Promise.all(Object.values(proxies).map((served) => served.stop()));
  await kubectl('delete', '--ignore-not-found', 'clusterrole/dashboard-one-store', ...['vera', 'edgar', 'olga'].map((name) => `clusterrolebinding/dashboard-${name}`));
  await remove('e2e-seen');
});

test('a viewer sees everything and is told what is not theirs', async ({ page }) => {
  await page.goto(`${proxies.vera?.origin}/dashboard/`);
  await expect(page.locator('.who')).toHaveText('vera');
  await expect(row(page, 'e2e-seen')).toBeVisible();
  const create = page.getByRole('button', { name: 'New store' });
  await expect(create).toHaveAttribute('aria-disabled', 'true');
  await expect(create).toHaveAccessibleDescription('Your account may not create stores.');
  await row(page, 'e2e-seen').getByRole('link', { name: 'e2e-seen', exact: true }).click();
  for (const [name, why] of [['Edit', 'patch'], ['Resume', 'patch'], ['Delete', 'delete']] as const) {
    await expect(page.getByRole('button', { name, exact: true })).toHaveAccessibleDescription(`Your account may not ${why} stores.`);
  }
  await page.getByRole('button', { name: 'Delete' }).click({ force: true });
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await page.getByRole('tab', { name: 'Objects' }).click();
  await expect(page.getByText('Your account may not list statefulsets in namespace store-e2e-seen.')).toBeVisible();
  await page.goto(`${proxies.vera?.origin}/dashboard/#/create`);
  await expect(page.getByText('Your account may not create stores.').first()).toBeVisible();
});

test('an editor orders and deletes', async ({ page }) => {
  await page.goto(`${proxies.edgar?.origin}/dashboard/#/stores/e2e-seen`);
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveAttribute('aria-disabled', 'false');
  await page.getByRole('link', { name: 'Stores', exact: true }).click();
  await page.getByRole('button', { name: 'New store' }).click();
  await expect(heading(page, 'New store')).toBeVisible();
});

test('who may see one store only opens it by its name', async ({ page }) => {
  await page.goto(`${proxies.olga?.origin}/dashboard/`);
  await expect(page.getByRole('alert')).toContainText('Not allowed');
  await page.getByLabel('Open one store by its name').fill('e2e-seen');
  await page.getByRole('button', { name: 'Open' }).click();
  await expect(page.locator('.title .badge')).toHaveText('Suspended');
});

test('a right that is given while the page is open is used by it', async ({ page }) => {
  await page.goto(`${proxies.olga?.origin}/dashboard/`);
  await expect(page.getByRole('alert')).toContainText('Not allowed');
  await kubectl('create', 'clusterrolebinding', 'dashboard-olga-too', '--clusterrole=store-viewer', '--user=olga');
  try {
    await expect(row(page, 'e2e-seen')).toBeVisible();
  } finally {
    await kubectl('delete', 'clusterrolebinding', 'dashboard-olga-too');
  }
});
