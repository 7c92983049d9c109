// Starts the control plane that all tests share, and ends it with them.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root } from './cluster.ts';

/** CLUSTER_DIR names a cluster that runs already (.local after `make up`), and is left running. */
export default async function setup() {
  if (process.env.CLUSTER_DIR) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const manifests = ['namespace.yaml', 'rbac.yaml'].map((file) => `--manifest=${join(root, 'artifacts', 'apiservice', file)}`);
  const supervisor = spawn(bin('localcluster'), [
    'run', '--until-stdin-closes', '--report-fd=3', `--dir=${dir}`, ...manifests,
    `--platform=${bin('apiserver')}`, `--platform-config=${join(root, 'hack', 'platform.yaml')}`,
  ], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  let report = '';
  for await (const part of supervisor.stdio[3] as AsyncIterable<Buffer>) report += part.toString();
  if (!report.trimEnd().endsWith('ready')) throw new Error(`start a control plane: ${report}`);
  process.env.CLUSTER_DIR = dir;

  return async () => {
    const ended = new Promise((resolve) => supervisor.once('exit', resolve));
    supervisor.stdin?.end();
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
}
