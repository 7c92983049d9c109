// The three ways in, each with the rights of whoever takes it.
import { networkInterfaces } from 'node:os';
import { admin, apply, dashboard, kubectl, proxy, remove, state, store, type Served } from './cluster.ts';
import { expect, heading, row, test } from './fixtures.ts';

const namespace = 'dashboard-test';
let front: Served;

test.beforeAll(async () => {
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'clerk', namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'dashboard-clerk' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'store-editor' },
      subjects: [{ kind: 'ServiceAccount', name: 'clerk', namespace }],
    },
    store('e2e-way', { suspend: true }),
  );
  const { server, caFile } = state();
  front = await dashboard('--bind-address=127.0.0.1', `--api-server=${server}`, `--certificate-authority=${caFile}`);
});

test.afterAll(async () => {
  await front.stop();
  await kubectl('delete', '--ignore-not-found', '--wait=false', `namespace/${namespace}`, 'clusterrolebinding/dashboard-clerk');
  await remove('e2e-way', 'e2e-clerk');
});

const token = async () => (await kubectl('create', 'token', 'clerk', '-n', namespace)).trim();

test('an ingress with a login by token', async ({ page }) => {
  await page.goto(`${front.origin}/`);
  const dialog = page.getByRole('alertdialog', { name: 'Sign in' });
  await dialog.getByLabel('Token').fill('not.a.token');
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await expect(dialog.getByText('The API server does not accept this token.')).toBeVisible();
  await dialog.getByLabel('Token').fill(await token());
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await expect(row(page, 'e2e-way')).toContainText('Suspended');
  await expect(page.locator('.who')).toHaveText(`system:serviceaccount:${namespace}:clerk`);
  await expect(page.locator('.connection')).toHaveText('Live');

  // The watch passes through, event by event, and so does an order.
  await kubectl('patch', 'store', 'e2e-way', '--type=merge', '-p', '{"spec":{"displayName":"Passed on"}}');
  await expect(row(page, 'e2e-way')).toContainText('Passed on');
  await page.getByRole('button', { name: 'New store' }).click();
  await page.getByLabel('Name', { exact: true }).fill('e2e-clerk');
  await page.getByLabel('Suspend').click();
  await page.getByRole('button', { name: 'Create e2e-clerk' }).click();
  await expect(page.locator('.title .badge')).toHaveText('Suspended');
  expect(await kubectl('get', 'store', 'e2e-clerk', '-o', 'jsonpath={.status.creator}')).toBe(`system:serviceaccount:${namespace}:clerk`);

  // The tab keeps the token; signing out forgets it.
  await page.reload();
  await expect(heading(page, 'e2e-clerk')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('alertdialog', { name: 'Sign in' })).toBeVisible();
  expect(await page.evaluate(() => Object.values(sessionStorage).join() + Object.values(localStorage).join())).toBe('');
});

test('a login proxy that adds a token: the page asks for none', async ({ browser }) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, extraHTTPHeaders: { Authorization: `Bearer ${await token()}` } });
  const page = await context.newPage();
  await page.goto(`${front.origin}/`);
  await expect(row(page, 'e2e-way')).toBeVisible();
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await context.close();
});

test('the page’s server passes nothing else on, whoever asks', async ({ request }) => {
  const headers = { Authorization: `Bearer ${await token()}` };
  const answers = async (path: string, more: Record<string, string> = {}) => (await request.get(`${front.origin}${path}`, { headers: { ...headers, ...more } })).status();
  expect(await answers('/apis/platform.example.io/v1alpha1/stores')).toBe(200);
  expect(await answers('/api/v1/namespaces/store-e2e-way/secrets')).toBe(403);
  expect(await answers('/api/v1/nodes')).toBe(403);
  expect(await answers('/apis/platform.example.io/v1alpha1/stores', { 'Impersonate-User': 'localcluster-admin' })).toBe(403);
  const page = await request.get(`${front.origin}/`);
  expect(page.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
});

test('kube-apiserver’s service proxy, to a server of the page alone', async ({ page }) => {
  // kube-apiserver does not proxy to loopback: the server listens on this machine's own address.
  const address = Object.values(networkInterfaces()).flat().find((found) => found && !found.internal && found.family === 'IPv4')?.address;
  expect(address, 'an address of this machine that is not loopback').toBeDefined();
  const served = await dashboard(`--bind-address=${address}`, '--page-only');
  const port = Number(new URL(served.origin).port);
  const through = await proxy(admin());
  try {
    await apply(
      // It proxies to addresses of pods only. This one is never scheduled: the server is a process of this test.
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dashboard', namespace }, spec: { schedulerName: 'none', serviceAccountName: 'clerk', containers: [{ name: 'dashboard', image: 'none' }] } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'dashboard', namespace }, spec: { ports: [{ name: 'https', port: 443 }] } },
      {
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'dashboard', namespace, labels: { 'kubernetes.io/service-name': 'dashboard' } },
        addressType: 'IPv4', endpoints: [{ addresses: [address], targetRef: { kind: 'Pod', namespace, name: 'dashboard' } }], ports: [{ name: 'https', port }],
      },
    );
    await kubectl('patch', 'pod', 'dashboard', '-n', namespace, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: { podIP: address, podIPs: [{ ip: address }] } }));
    await expect(async () => {
      // Until kube-apiserver has seen the endpoint.
      const answer = await page.goto(`${through.origin}/api/v1/namespaces/${namespace}/services/https:dashboard:https/proxy/`);
      expect(answer?.status()).toBe(200);
    }).toPass();
    await expect(row(page, 'e2e-way')).toBeVisible();
    await expect(page.locator('.connection')).toHaveText('Live');
  } finally {
    await through.stop();
    await served.stop();
  }
});
