// A store that does not come up, or breaks, says why and what to do.
import { apply, kubectl, remove, store } from './cluster.ts';
import { expect, row, test } from './fixtures.ts';

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'dashboard-no-jobs' },
  spec: {
    matchConstraints: {
      namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['store-e2e-refused', 'dashboard-probe'] }] },
      resourceRules: [{ apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['jobs'] }],
    },
    validations: [{ expression: 'false', message: 'no jobs on Wednesdays', reason: 'Forbidden' }],
  },
};
const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'dashboard-no-jobs' },
  spec: { policyName: 'dashboard-no-jobs', validationActions: ['Deny'] },
};

test.afterAll(async () => {
  await kubectl('delete', '--ignore-not-found', 'validatingadmissionpolicybinding/dashboard-no-jobs', 'validatingadmissionpolicy/dashboard-no-jobs');
  await kubectl('delete', 'namespace', '--ignore-not-found', '--wait=false', 'dashboard-probe');
  await remove('e2e-refused', 'e2e-crash');
});

test('a store that cannot be made shows what refuses it, everywhere', async ({ open }) => {
  await apply(policy, binding);
  // A policy takes a moment to be enforced: until then it lets a Job pass.
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dashboard-probe' } });
  await expect.poll(() => kubectl('create', 'job', 'probe', '--image=none', '--dry-run=server', '-n', 'dashboard-probe').catch((error: Error) => error.message))
    .toContain('no jobs on Wednesdays');
  await apply(store('e2e-refused', { displayName: 'Unlucky' }));
  const page = await open('?q=e2e-refused');
  await expect(row(page, 'e2e-refused')).toContainText('Failed');
  await expect(row(page, 'e2e-refused')).toContainText('ApplyForbidden');

  await row(page, 'e2e-refused').getByRole('link', { name: 'e2e-refused', exact: true }).click();
  await expect(page.locator('.notice.bad')).toContainText('no jobs on Wednesdays');
  await expect(page.locator('.notice.bad strong')).toHaveText(/forbids an object\s*ApplyForbidden/);
  await expect(page.locator('.notice.bad')).toContainText('What to do');
  await expect(page.locator('[data-condition=ResourcesApplied]')).toHaveClass('blocked');

  await page.getByRole('link', { name: 'Platform', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Recent failures' })).toContainText('no jobs on Wednesdays');

  await kubectl('delete', 'validatingadmissionpolicybinding/dashboard-no-jobs');
  await page.getByRole('region', { name: 'Recent failures' }).getByRole('link', { name: 'e2e-refused' }).click();
  await expect(page.locator('.title .badge')).toHaveText('Ready');
  await expect(page.getByRole('list', { name: 'Notices' })).toContainText('e2e-refused is Ready');
});

test('a shop that breaks is degraded, with its pod, and the log says why it cannot be read', async ({ open }) => {
  await apply(store('e2e-crash'));
  const page = await open('stores/e2e-crash');
  await expect(page.locator('.title .badge')).toHaveText('Ready');
  await kubectl('annotate', 'pod', '-n', 'store-e2e-crash', '-l', 'app.kubernetes.io/component=application', 'localcluster.example.io/fail=CrashLoopBackOff');
  await expect(page.locator('.title .badge')).toHaveText('Degraded');
  await expect(page.locator('[data-condition=ApplicationReady]')).toHaveClass('blocked');
  await expect(page.locator('[data-condition=ApplicationReady]')).toContainText('CrashLoop');
  await expect(page.locator('[data-condition=ApplicationReady]')).toContainText('Read its log with the command in the message');
  await page.getByRole('tab', { name: 'Pods and logs' }).click();
  await expect(page.getByRole('row', { name: /CrashLoopBackOff/ })).toBeVisible();
  // Simulated nodes have no kubelet to ask.
  await page.getByRole('button', { name: 'Log of application' }).first().click();
  await expect(page.getByRole('region', { name: /^Log of application/ }).getByRole('alert')).toBeVisible();
  await kubectl('annotate', 'pod', '-n', 'store-e2e-crash', '-l', 'app.kubernetes.io/component=application', 'localcluster.example.io/fail-');
  await expect(page.locator('.title .badge')).toHaveText('Ready');
});
