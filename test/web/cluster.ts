// The control plane under test, and what tests do to it behind the page's back.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const bin = (name: string) => join(root, '.local', 'bin', name);
export const page = join(root, 'web', 'page', 'dist');

export const directory = () => resolve(root, process.env.CLUSTER_DIR ?? '.local');
export const admin = () => join(directory(), 'kubeconfig');

interface State {
  server: string;
  caFile: string;
  components: { name: string; pidFile: string }[];
}

export const state = (): State => JSON.parse(readFileSync(join(directory(), 'run', 'cluster.json'), 'utf8')) as State;

const run = promisify(execFile);

export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run(bin('kubectl'), ['--kubeconfig', admin(), ...args], { maxBuffer: 64 << 20 });
  return stdout;
}

/** Applies objects as kubectl apply does. */
export async function apply(...objects: object[]): Promise<void> {
  const child = spawn(bin('kubectl'), ['--kubeconfig', admin(), 'apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const code = await new Promise((done) => child.once('exit', done));
  if (code !== 0) throw new Error(`kubectl apply: ${said}`);
}

export const store = (name: string, spec: object = {}) => ({
  apiVersion: 'platform.example.io/v1alpha1', kind: 'Store', metadata: { name }, spec: { engine: 'woocommerce', ...spec },
});

/** Deletes stores, whatever state they are in, and does not wait for it. */
export const remove = (...names: string[]) => kubectl('delete', 'namespace', '--ignore-not-found', '--wait=false', ...names.map((name) => `store-${name}`));

/** A kubeconfig for any user, who has the rights of the groups. */
export async function user(name: string, ...groups: string[]): Promise<string> {
  const out = join(directory(), `${name}.kubeconfig`);
  await run(bin('localcluster'), ['user', name, '--dir', directory(), '--out', out, ...groups.flatMap((group) => ['--group', group])]);
  return out;
}

export interface Served {
  origin: string;
  stop: () => Promise<void>;
}

/** Starts a server and waits for what it says when it listens. */
async function serve(command: string, args: string[], listening: RegExp): Promise<Served> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const origin = await new Promise<string>((found, failed) => {
    let said = '';
    const read = (part: Buffer) => {
      said += part.toString();
      const match = listening.exec(said)?.[1];
      if (match) found(match);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => failed(new Error(`${command} ended: ${said}`)));
  });
  return { origin, stop: () => end(child) };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  return ended;
}

/** `kubectl proxy`, with the page as `make dashboard` serves it. */
export async function proxy(kubeconfig = admin()): Promise<Served> {
  const served = await serve(bin('kubectl'), ['--kubeconfig', kubeconfig, 'proxy', '--port=0', `--www=${page}`, '--www-prefix=/dashboard/'],
    /serve on (127\.0\.0\.1:\d+)/);
  return { ...served, origin: `http://${served.origin}` };
}

/**
 * A port of loopback that stays ours until release. As the local control plane claims its own: below
 * those that the kernel gives to connections, and kept by the UDP socket of the same number, which no
 * server here uses.
 */
async function claimPort(): Promise<{ port: number; release: () => void }> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const claim = createSocket('udp4');
    try {
      claim.bind(port, '127.0.0.1');
      await once(claim, 'listening');
      const probe = createServer().listen(port);
      await once(probe, 'listening');
      probe.close();
      await once(probe, 'close');
      return { port, release: () => claim.close() };
    } catch (error) {
      claim.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

/** `apiserver dashboard`, on an address of this machine. */
export async function dashboard(...args: string[]): Promise<Served> {
  const { port, release } = await claimPort();
  const served = await serve(bin('apiserver'), ['dashboard', `--secure-port=${port}`, ...args], /Serving securely on (\S+?:\d+)/);
  return { origin: `https://${served.origin}`, stop: () => served.stop().finally(release) };
}

/** kill -9; the supervisor starts it again on its port. */
export function kill(component: string): void {
  const found = state().components.find(({ name }) => name === component);
  if (!found) throw new Error(`the cluster has no ${component}`);
  process.kill(Number(/\d+/.exec(readFileSync(found.pidFile, 'utf8'))?.[0]), 'SIGKILL');
}
