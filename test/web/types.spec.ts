// The page's types are those of the API that is served.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { kubectl, root } from './cluster.ts';
import { expect, test } from './fixtures.ts';

test('the generated types are those of the live OpenAPI', async () => {
  const document = await kubectl('get', '--raw', '/openapi/v3/apis/platform.example.io/v1alpha1');
  const check = spawnSync('node', [join(root, 'web', 'app', 'scripts', 'types.mjs'), '--check'], { input: document, encoding: 'utf8' });
  expect(check.stderr).toBe('');
  expect(check.status).toBe(0);
});
