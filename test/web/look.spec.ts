// For every eye and hand: contrast and names (axe), dark and light, the keyboard
// alone, a narrow screen, many stores, and how much is loaded.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { apply, kubectl, remove, store } from './cluster.ts';
import { expect, heading, row, test } from './fixtures.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The other one is what a search leaves out.
test.beforeAll(() => apply(store('e2e-look', { displayName: 'To be looked at' }), store('e2e-beside', { suspend: true })));
test.afterAll(() => remove('e2e-look', 'e2e-beside', 'e2e-keys'));

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations;
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

const places: [string, string, (page: Page) => Promise<void>][] = [
  ['the list', '', (page) => expect(row(page, 'e2e-look')).toBeVisible()],
  ['a store', 'stores/e2e-look', (page) => expect(page.locator('.title .badge')).toHaveText('Ready')],
  ['its events', 'stores/e2e-look/events', (page) => expect(page.getByText('BecameReady').first()).toBeVisible()],
  ['its objects', 'stores/e2e-look/objects', (page) => expect(page.getByRole('row', { name: /Deployment/ })).toBeVisible()],
  ['its pods', 'stores/e2e-look/pods', (page) => expect(page.getByRole('row', { name: /database-0/ })).toBeVisible()],
  ['its YAML', 'stores/e2e-look/yaml', (page) => expect(page.getByRole('group', { name: 'YAML' })).toBeVisible()],
  ['an edit', 'stores/e2e-look/edit', (page) => expect(page.getByLabel('Display name')).toHaveValue('To be looked at')],
  ['an order with errors', 'create?engine=medusa', async (page) => {
    await page.getByLabel('Name', { exact: true }).fill('NOT GOOD');
    await expect(page.locator('.errors')).toHaveCount(1);
  }],
  ['the platform', 'platform', (page) => expect(page.getByRole('region', { name: 'Stores by engine' })).toContainText('WooCommerce')],
  ['no such store', 'stores/e2e-nowhere', (page) => expect(page.getByText('There is no store')).toBeVisible()],
];

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any page, ${scheme}`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const [name, path, ready] of places) {
      await test.step(name, async () => {
        await open(path);
        await ready(page);
        expect(await violations(page), name).toEqual([]);
      });
    }
    await open('stores/e2e-look');
    await page.getByRole('button', { name: 'Delete' }).click();
    await expect(page.getByRole('alertdialog')).toBeVisible();
    expect(await violations(page), 'the question').toEqual([]);
    const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(ground).toBe(scheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(14, 17, 22)');
  });
}

test('colours can be chosen, and stay chosen', async ({ page, open }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await open();
  await page.getByLabel('Colours').selectOption('dark');
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(await ground()).toBe('rgb(14, 17, 22)');
  await page.reload();
  await expect(heading(page, 'Stores')).toBeVisible();
  expect(await ground()).toBe('rgb(14, 17, 22)');
});

test('by the keyboard alone: find, order, read, delete', async ({ page, open }) => {
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const tabTo = async (name: string) => {
    for (let steps = 0; steps < 80; steps++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((wanted) => {
        const { activeElement: active } = document;
        return (active?.getAttribute('aria-label') ?? (active as HTMLInputElement | null)?.labels?.[0]?.innerText ?? active?.textContent ?? '').trim().startsWith(wanted);
      }, name)) return;
    }
    throw new Error(`Tab does not reach ${name}`);
  };
  await open();
  await expect(row(page, 'e2e-look')).toBeVisible();
  await press('/');
  await page.keyboard.type('e2e-look');
  await expect(page.getByText(/^1 of /)).toBeVisible();
  await tabTo('e2e-look');
  await press('Enter');
  await expect(heading(page, 'e2e-look')).toBeFocused();
  await tabTo('Overview');
  await press('ArrowRight', 'Enter');
  await expect(page.getByRole('tab', { name: 'Events' })).toHaveAttribute('aria-selected', 'true');

  await open('create?engine=woocommerce');
  await expect(heading(page, 'New store')).toBeFocused();
  await tabTo('Name');
  await page.keyboard.type('e2e-keys');
  await press('Enter');
  await expect(page.locator('.title .badge')).toHaveText('Ready');
  await tabTo('Delete');
  await press('Enter');
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.getByLabel('Type e2e-keys to confirm')).toBeFocused();
  await press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Delete' })).toBeFocused();
  await press('Enter');
  await expect(dialog.getByLabel('Type e2e-keys to confirm')).toBeFocused();
  await page.keyboard.type('e2e-keys');
  await press('Enter');
  await expect(page.getByText('There is no store “e2e-keys”')).toBeVisible();
});

test('arrows go from store to store', async ({ page, open }) => {
  await open('?q=e2e-');
  await row(page, 'e2e-look').getByRole('link', { name: 'e2e-look', exact: true }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await expect(page.locator('.table a:focus')).toHaveCount(1);
});

test('nothing is wider than a telephone', async ({ page, open }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [name, path, ready] of places) {
    await open(path);
    await ready(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, name).toBeLessThanOrEqual(0);
  }
});

test('two thousand stores: few rows exist, the last is reached, and changes are shown', async ({ page, open }) => {
  // One store that exists, two thousand times under other names; the watch is the server's own.
  const list = JSON.parse(await kubectl('get', '--raw', '/apis/platform.example.io/v1alpha1/stores')) as { items: { metadata: { name: string; uid: string } }[] };
  const model = list.items.find((item) => item.metadata.name === 'e2e-look');
  for (let index = 0; index < 2000; index++) {
    const name = `many-${String(index).padStart(4, '0')}`;
    list.items.push({ ...structuredClone(model!), metadata: { ...model!.metadata, name, uid: name } });
  }
  await page.route('**/v1alpha1/stores', (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(list) }));
  await open();
  await expect(page.getByText(`${list.items.length.toLocaleString('en')} stores`)).toBeVisible();
  const rows = page.locator('tr[data-index]');
  expect(await rows.count()).toBeLessThan(60);
  await page.keyboard.press('End');
  await expect(row(page, 'many-1999')).toBeVisible();
  expect(await rows.count()).toBeLessThan(60);
  await page.getByLabel('Search stores').fill('many-0777');
  await expect(page.getByText('1 of ')).toBeVisible();
  await page.getByLabel('Search stores').fill('e2e-look');
  await kubectl('patch', 'store', 'e2e-look', '--type=merge', '-p', '{"spec":{"displayName":"Among many"}}');
  await expect(row(page, 'e2e-look')).toContainText('Among many');
});

test('the policy lets nothing in that is not of the page’s origin', async ({ adminProxy, browser }) => {
  // A page of its own: what it is refused is an error in the console, which tests fail for.
  const page = await browser.newPage();
  await page.goto(`${adminProxy.origin}/dashboard/`);
  await expect(heading(page, 'Stores')).toBeVisible();
  await page.evaluate(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
      document.body.dataset.refused = `${document.body.dataset.refused ?? ''} ${effectiveDirective}`;
    });
    const add = (tag: string, attributes: Record<string, string>) => document.body.append(Object.assign(document.createElement(tag), attributes));
    const elsewhere: string = 'http://elsewhere.invalid/a';
    const attempts: (() => unknown)[] = [
      () => add('style', { textContent: 'body { color: red }' }),
      () => add('img', { src: elsewhere }),
      () => add('iframe', { src: elsewhere }),
      () => fetch(elsewhere),
      () => import(elsewhere),
      () => { document.body.innerHTML = '<b>text</b>'; },
    ];
    return Promise.allSettled(attempts.map(async (attempt) => { await attempt(); }));
  });
  await expect.poll(async () => [...new Set((await page.locator('body').getAttribute('data-refused'))?.trim().split(' '))].sort())
    .toEqual(['connect-src', 'frame-src', 'img-src', 'require-trusted-types-for', 'script-src-elem', 'style-src-elem']);
  await page.close();
});

test('the first load is under 250 kB', async ({ page, open }) => {
  // kubectl proxy does not compress: what is counted is what `apiserver dashboard` would send.
  const { gzipSync } = await import('node:zlib');
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/dashboard/')) return;
    sizes.push(response.body().then((body) => (response.url().endsWith('.woff2') ? body.length : gzipSync(body).length)));
  });
  await open();
  await expect(row(page, 'e2e-look')).toBeVisible();
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  console.log(`The first load is ${Math.round(bytes / 1000)} kB compressed.`);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(250_000);
});
