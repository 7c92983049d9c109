// Faults of the server while the page is open: each has a state, and the page
// comes out of it by itself, without being loaded again.
import type { Page, Route } from '@playwright/test';
import { apply, kill, kubectl, remove, store } from './cluster.ts';
import { expect, row, test } from './fixtures.ts';

test.beforeAll(() => apply(store('e2e-stays', { suspend: true, displayName: 'First' })));
test.afterAll(() => remove('e2e-stays', 'e2e-typed'));

const status = (code: number, reason: string, message: string, headers: Record<string, string> = {}) => (route: Route) => route.fulfill({
  status: code, headers, contentType: 'application/json', body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code }),
});

/** Something that does not outlive a reload. */
const mark = (page: Page) => page.evaluate(() => { document.body.dataset.loaded = 'once'; });
const marked = (page: Page) => expect(page.locator('body')).toHaveAttribute('data-loaded', 'once');
const live = (page: Page, text: string) => expect(page.locator('.connection')).toHaveText(text);
/** What the page says of its connection from now on, however shortly. */
async function heard(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const texts: string[] = [];
    const note = () => texts.push(document.querySelector('.connection')?.textContent ?? '');
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { texts });
  });
  return () => page.evaluate(() => (window as unknown as { texts: string[] }).texts);
}

for (const component of ['kube-apiserver', 'store-apiserver']) {
  test(`${component} is killed`, async ({ open }) => {
    const page = await open('?q=e2e-stays');
    await expect(row(page, 'e2e-stays')).toBeVisible();
    await live(page, 'Live');
    await mark(page);
    const texts = await heard(page);
    kill(component);
    await expect.poll(texts).toContain('Reconnecting');
    await expect(row(page, 'e2e-stays')).toBeVisible();
    await live(page, 'Live');
    await expect(async () => {
      await kubectl('patch', 'store', 'e2e-stays', '--type=merge', '-p', `{"spec":{"displayName":"After ${component}"}}`);
    }).toPass();
    await expect(row(page, 'e2e-stays')).toContainText(`After ${component}`);
    await marked(page);
  });
}

for (const [code, reason, said] of [[429, 'TooManyRequests', 'The server is busy'], [500, 'InternalError', 'The server has trouble'], [503, 'ServiceUnavailable', 'The server has trouble']] as const) {
  test(`${code} when the page lists`, async ({ page, open }) => {
    await page.route('**/v1alpha1/stores', status(code, reason, 'not now', { 'Retry-After': '1' }));
    await open();
    await expect(page.locator('.notice')).toContainText(said);
    await live(page, 'Reconnecting');
    await page.unroute('**/v1alpha1/stores');
    await expect(row(page, 'e2e-stays')).toBeVisible();
    await live(page, 'Live');
  });
}

test('a version that was forgotten: the page lists again and nobody notices', async ({ page, open }) => {
  const listed: string[] = [];
  page.on('request', (request) => { if (/v1alpha1\/stores$/.test(request.url())) listed.push(request.url()); });
  await page.route('**/v1alpha1/stores?watch=1*', status(410, 'Expired', 'too old resource version'), { times: 1 });
  await open();
  await live(page, 'Live');
  await expect(row(page, 'e2e-stays')).toBeVisible();
  await expect.poll(() => listed.length).toBe(2);
});

test('a form keeps what was typed through 401, 403, 429, 500 and no answer at all', async ({ page, open }) => {
  await open('create?engine=woocommerce');
  await page.getByLabel('Name', { exact: true }).fill('e2e-typed');
  await page.getByLabel('Display name').fill('Not to be lost');
  await page.getByLabel('Suspend').click();
  await expect(page.locator('[data-verdict=accepted]')).toBeVisible();
  const create = '**/stores?fieldValidation=Strict';
  const send = page.getByRole('button', { name: 'Create e2e-typed' });
  for (const [answer, said] of [
    [status(429, 'TooManyRequests', 'not now', { 'Retry-After': '3' }), 'It asks to wait 3 s.'],
    [status(403, 'Forbidden', 'stores is forbidden since a moment ago'), 'Not allowed'],
    [status(500, 'InternalError', 'etcd is on fire'), 'etcd is on fire'],
    [(route: Route) => route.abort(), 'The API server does not answer.'],
  ] as const) {
    await page.route(create, answer, { times: 1 });
    await send.click();
    await expect(page.getByRole('alert')).toContainText(said);
    await expect(page.getByLabel('Display name')).toHaveValue('Not to be lost');
  }
  await page.route(create, status(401, 'Unauthorized', 'Unauthorized'), { times: 1 });
  await send.click();
  await expect(page.getByRole('alertdialog', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Try without a token' }).click();
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await expect(page.getByLabel('Display name')).toHaveValue('Not to be lost');
  await send.click();
  await expect(page.locator('.title .badge')).toHaveText('Suspended');
});
