// Takes the pictures of docs/dashboard.md, of stores as they are.
import { join } from 'node:path';
import { apply, kubectl, root, store } from './cluster.ts';
import { expect, row, test } from './fixtures.ts';

const image = (name: string) => join(root, 'docs', 'images', `dashboard-${name}.png`);

const shops: [string, string, object][] = [
  ['alpine-supply', 'Alpine Supply', {}], ['bookends', 'Bookends', { engine: 'medusa', plan: 'business' }], ['cedar-and-salt', 'Cedar & Salt', {}],
  ['driftwood', 'Driftwood', { suspend: true }], ['ember-ceramics', 'Ember Ceramics', { engine: 'medusa' }], ['fjord-knits', 'Fjord Knits', {}],
  ['green-grocer', 'The Green Grocer', { storage: [{ name: 'database', storageClassName: 'fast' }] }], ['harbour-coffee', 'Harbour Coffee', { version: '10.8.0' }],
  ['ironworks', 'Ironworks', { suspend: true }], ['juniper', 'Juniper', { engine: 'medusa' }], ['kite-and-string', 'Kite & String', { suspend: true }],
];
const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'trusted-registries' },
  spec: {
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'store-lantern' } },
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['statefulsets'] }],
    },
    validations: [{ expression: 'false', message: 'images must come from registry.example.com', reason: 'Forbidden' }],
  },
};
const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'trusted-registries' },
  spec: { policyName: 'trusted-registries', validationActions: ['Deny'] },
};

test('pictures', async ({ page, open }) => {
  await apply(policy, binding);
  await apply(...shops.map(([name, displayName, spec]) => store(name, { displayName, ...spec })));
  await kubectl('wait', '--for=condition=Ready', 'store/bookends', 'store/fjord-knits', '--timeout=2m');
  await apply(store('lantern', { displayName: 'Lantern Light' }));
  await kubectl('annotate', '--overwrite', 'pod', '-n', 'store-fjord-knits', '-l', 'app.kubernetes.io/component=application', 'localcluster.example.io/fail=CrashLoopBackOff');
  const shot = async (name: string, scheme: 'light' | 'dark' = 'light', fullPage = false) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.mouse.move(0, 400);
    await page.screenshot({ path: image(name), fullPage });
  };
  await open();
  await expect(row(page, 'lantern')).toContainText('Failed');
  await expect(row(page, 'fjord-knits')).toContainText('Degraded');
  await shot('list');
  await shot('list-dark', 'dark');
  await open('stores/lantern');
  await expect(page.locator('.notice.bad')).toContainText('registry.example.com');
  await shot('failure');
  await open('stores/bookends');
  await expect(page.locator('.title .badge')).toHaveText('Ready');
  await shot('store');
  await open('platform');
  await expect(page.getByRole('region', { name: 'Recent failures' })).toContainText('lantern');
  await shot('platform', 'dark');
  await open('create?engine=woocommerce');
  await page.getByLabel('Name', { exact: true }).fill('My Shop');
  await page.getByLabel('Display name').fill('Quince & Quill');
  await page.getByLabel('Currency').fill('euro');
  await page.getByRole('button', { name: 'Add domain' }).click();
  await page.getByLabel('Domain 1', { exact: true }).fill('shop.localtest.me');
  await expect(page.locator('.errors')).toHaveCount(3);
  await shot('create');
  await page.setViewportSize({ width: 390, height: 800 });
  await open();
  await expect(row(page, 'alpine-supply')).toBeVisible();
  await shot('phone');
});
