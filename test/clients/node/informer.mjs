// An informer of @kubernetes/client-node that says what it holds: for each line on
// standard input one line of JSON, until that input ends. The same as the Go
// clients do (subject_test.go).
import { createInterface } from 'node:readline';
import * as k8s from '@kubernetes/client-node';

const path = '/apis/platform.example.io/v1alpha1/stores';

const config = new k8s.KubeConfig();
config.loadFromDefault();
const stores = config.makeApiClient(k8s.CustomObjectsApi);
const list = () =>
  stores.listClusterCustomObject(
    { group: 'platform.example.io', version: 'v1alpha1', plural: 'stores' },
    k8s.setHeaderOptions('User-Agent', process.env.CLIENTS_USER_AGENT),
  );
const informer = k8s.makeInformer(config, path, list);

const identify = ({ metadata }) => ({ name: metadata.name, uid: metadata.uid, version: metadata.resourceVersion });
const sorted = (found) => [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
const handled = new Map();
const heard = { added: 0, updated: 0, deleted: 0, faults: [] };

function hear(count, wrong, believe) {
  return (object) => {
    const got = identify(object);
    heard[count] += 1;
    if (wrong(handled.has(got.name))) {
      heard.faults.push(`${count} out of turn: ${got.name}`);
    }
    believe(got);
  };
}
informer.on('add', hear('added', (known) => known, (got) => handled.set(got.name, got)));
informer.on('update', hear('updated', (known) => !known, (got) => handled.set(got.name, got)));
informer.on('delete', hear('deleted', (known) => !known, (got) => handled.delete(got.name)));
// The library leaves it to its user to begin again after an error.
informer.on('error', () => setTimeout(() => informer.start(), 200));
await informer.start();

createInterface({ input: process.stdin })
  .on('line', () => {
    const state = { ...heard, cache: sorted(informer.list().map(identify)), handled: sorted(handled.values()) };
    process.stdout.write(`${JSON.stringify(state)}\n`);
  })
  .on('close', () => process.exit(0));
