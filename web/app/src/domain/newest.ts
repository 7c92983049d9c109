import type { Store } from '../api/types';

/** The newest of several looks at one store; their versions are those of namespaces, numbers that grow. */
export function newest(first: Store, ...others: (Store | undefined)[]): Store {
  return others.reduce<Store>((known, other) => (other && version(other) > version(known) ? other : known), first);
}

const version = (store: Store) => BigInt(store.metadata.resourceVersion);
