// Which stores a list shows, and in which order. All of it is in the page's
// address, so that a list can be sent to somebody else.
import type { Phase, Store } from '../api/types';
import { gravity, phaseOf, phases, troubleOf } from './phase';

export const columns = ['name', 'phase', 'engine', 'plan', 'age'] as const;
export type Column = (typeof columns)[number];

export interface Selection {
  text: string;
  phase: Phase | '';
  engine: string;
  sort: Column;
  descending: boolean;
}

export const everything: Selection = { text: '', phase: '', engine: '', sort: 'name', descending: false };

export function readSelection(query: URLSearchParams): Selection {
  const phase = query.get('phase') ?? '';
  const sort = query.get('sort') ?? '';
  return {
    text: query.get('q') ?? '',
    phase: (phases as readonly string[]).includes(phase) ? (phase as Phase) : '',
    engine: query.get('engine') ?? '',
    sort: (columns as readonly string[]).includes(sort) ? (sort as Column) : 'name',
    descending: query.get('order') === 'descending',
  };
}

export function writeSelection(selection: Selection): Record<string, string | undefined> {
  return {
    q: selection.text || undefined,
    phase: selection.phase || undefined,
    engine: selection.engine || undefined,
    sort: selection.sort === 'name' ? undefined : selection.sort,
    order: selection.descending ? 'descending' : undefined,
  };
}

/** Each word must be found somewhere in what the list shows of a store. */
function matches(store: Store, words: string[]): boolean {
  if (words.length === 0) return true;
  const trouble = troubleOf(store);
  const text = [
    store.metadata.name, store.spec.displayName, store.spec.engine, store.spec.version, store.spec.plan, phaseOf(store),
    store.status?.url, ...(store.spec.hosts ?? []), trouble?.reason, trouble?.message, store.status?.creator,
  ].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

const order: Record<Column, (a: Store, b: Store) => number> = {
  name: byName,
  phase: (a, b) => gravity(phaseOf(a)) - gravity(phaseOf(b)),
  engine: (a, b) => compare(a.spec.engine, b.spec.engine) || compare(a.spec.version ?? '', b.spec.version ?? ''),
  plan: (a, b) => compare(a.spec.plan ?? '', b.spec.plan ?? ''),
  // The youngest first: ascending age.
  age: (a, b) => compare(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? ''),
};

function compare(a: string, b: string) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byName(a: Store, b: Store) {
  return compare(a.metadata.name, b.metadata.name);
}

export function select(stores: readonly Store[], selection: Selection): Store[] {
  const words = selection.text.toLowerCase().split(/\s+/).filter(Boolean);
  const sign = selection.descending ? -1 : 1;
  return stores
    .filter((store) => (!selection.phase || phaseOf(store) === selection.phase)
      && (!selection.engine || store.spec.engine === selection.engine)
      && matches(store, words))
    .sort((a, b) => sign * order[selection.sort](a, b) || byName(a, b));
}

/** How many stores there are of each phase, or whatever else the key says. */
export function count<K extends string>(stores: readonly Store[], key: (store: Store) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const store of stores) counts.set(key(store), (counts.get(key(store)) ?? 0) + 1);
  return counts;
}
