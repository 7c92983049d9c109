// Orders a shop with @kubernetes/client-node and says, line by line, what became
// of it; node_test.go knows what it should say.
import * as k8s from '@kubernetes/client-node';

const config = new k8s.KubeConfig();
config.loadFromDefault();
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const kind = { apiVersion: 'platform.example.io/v1alpha1', kind: 'Store' };
const named = { ...kind, metadata: { name: 'node' } };

// refusal is what the server says when it will not; anything else ends the script.
async function refusal(attempt) {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof k8s.ApiException) {
      return { ...JSON.parse(error.body), code: error.code };
    }
    throw error;
  }
  throw new Error('it was not refused');
}

const watch = new k8s.Watch(config);
let last; // the version of the last event
// until watches the store until an event is what is waited for. A watch that is
// quiet for half a minute is ended by the library; the next goes on where it was.
function until(reached) {
  let found = false;
  const resolved = new Promise((resolve, reject) => {
    const path = '/apis/platform.example.io/v1alpha1/stores';
    const event = (type, store) => {
      last = store.metadata.resourceVersion;
      if (!found && reached(type, store)) {
        found = true;
        resolve(store);
      }
    };
    const begin = async () => {
      const query = { fieldSelector: 'metadata.name=node', resourceVersion: last };
      const request = await watch.watch(path, query, event, (error) => {
        if (found) {
          return;
        }
        if (error && error.name !== 'TimeoutError') {
          reject(error);
          return;
        }
        begin();
      });
      resolved.then(() => request.abort(), () => request.abort());
    };
    setImmediate(begin); // once there is a promise to end it by
  });
  return resolved;
}
const condition = (store, type) => store.status.conditions?.find((found) => found.type === type);

const order = { ...named, spec: { engine: 'woocommerce', displayName: 'First' } };
const created = await objects.create(order);
console.log(`created ${created.metadata.name}, generation ${created.metadata.generation}`);
const twice = await refusal(objects.create(order));
console.log(`a second time: ${twice.code} ${twice.reason}`);

const ready = await until((type, store) => condition(store, 'Ready')?.status === 'True');
console.log(`ready at ${ready.status.url}`);

const patched = await objects.patch(
  { ...named, spec: { displayName: 'Merged' } },
  undefined, undefined, undefined, undefined,
  k8s.PatchStrategy.MergePatch,
);
console.log(`merge patch: ${patched.spec.displayName}, generation ${patched.metadata.generation}`);
const conflict = await refusal(objects.patch(
  { ...named, spec: { displayName: 'Applied' } },
  undefined, undefined, 'another', false,
  k8s.PatchStrategy.ServerSideApply,
));
console.log(`apply of another: ${conflict.code} ${conflict.details.causes[0].field}`);
const stale = await refusal(objects.replace({ ...created, spec: { ...created.spec, displayName: 'Late' } }));
console.log(`stale update: ${stale.code} ${stale.reason}`);
const invalid = await refusal(objects.patch(
  { ...named, spec: { plan: 'free' } },
  undefined, undefined, undefined, undefined,
  k8s.PatchStrategy.MergePatch,
));
console.log(`invalid: ${invalid.code} ${invalid.details.causes[0].field}`);

const gone = until((type) => type === 'DELETED');
await objects.delete(named);
console.log(`deleted: ${(await gone).status.phase}`);
const missing = await refusal(objects.read(named));
console.log(`gone: ${missing.code}`);
