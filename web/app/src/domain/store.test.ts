import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Condition, Phase, Store } from '../api/types';
import { adviceFor, firstSentence, readAdvice } from './advice';
import { age } from './age';
import { newest } from './newest';
import { phases, troubleOf } from './phase';
import { everything, readSelection, select, writeSelection } from './selection';
import { timeline } from './timeline';

const condition = (type: string, status: Condition['status'], reason: string, message = ''): Condition =>
  ({ type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 2 });

function store(name: string, phase?: Phase, conditions: Condition[] = [], engine = 'woocommerce'): Store {
  return {
    metadata: { name, uid: name, resourceVersion: '1', generation: 2, creationTimestamp: `2026-01-0${name.length}T00:00:00Z` },
    spec: { engine, displayName: `Shop ${name}` },
    status: { ...(phase ? { phase } : {}), conditions },
  };
}

describe('selection', () => {
  const stores = [store('ccc', 'Ready'), store('a', 'Failed', [condition('Stalled', 'True', 'ImagePullFailed', 'no such image')]), store('bb', 'Degraded', [], 'medusa')];
  const names = (selection: object) => select(stores, { ...everything, ...selection }).map((found) => found.metadata.name);

  test.each([
    ['by name', {}, ['a', 'bb', 'ccc']],
    ['the other way round', { descending: true }, ['ccc', 'bb', 'a']],
    ['gravest first', { sort: 'phase' }, ['a', 'bb', 'ccc']],
    ['youngest first', { sort: 'age' }, ['ccc', 'bb', 'a']],
    ['one phase', { phase: 'Ready' }, ['ccc']],
    ['one engine', { engine: 'medusa' }, ['bb']],
    ['every word, anywhere', { text: 'woo IMAGE' }, ['a']],
    ['nothing', { text: 'zzz' }, []],
  ])('%s', (_, selection, want) => expect(names(selection)).toEqual(want));

  test('is the same out of the address', () => {
    const selection = { text: 'a b', phase: 'Failed' as const, engine: 'medusa', sort: 'age' as const, descending: true };
    const query = new URLSearchParams(Object.entries(writeSelection(selection)).filter((entry): entry is [string, string] => entry[1] !== undefined));
    expect(readSelection(query)).toEqual(selection);
  });
  test('an address that was made up selects everything', () => {
    expect(readSelection(new URLSearchParams('phase=Nope&sort=nope&order=up'))).toEqual(everything);
  });
});

describe('timeline', () => {
  test('a store that nobody has taken up waits', () => {
    expect(timeline(store('a')).map((stage) => stage.state)).toEqual(Array.from({ length: 5 }, () => 'waiting'));
  });
  test('what stands in the way is told from what follows of it', () => {
    const conditions = [
      condition('Ready', 'False', 'ImagePullFailed', 'no such image'), condition('Stalled', 'True', 'ImagePullFailed', 'no such image'),
      condition('ResourcesApplied', 'True', 'Ready'), condition('DatabaseReady', 'False', 'ImagePullFailed', 'no such image'),
      condition('BootstrapComplete', 'False', 'NotCreated'),
    ];
    expect(timeline(store('a', 'Failed', conditions)).map((stage) => stage.state)).toEqual(['done', 'blocked', 'current', 'waiting', 'waiting']);
  });
  test('a shop that broke is no shop on its way', () => {
    const conditions = [condition('Ready', 'False', 'CrashLoop', 'exit 1'), condition('Stalled', 'False', 'X'), condition('ApplicationReady', 'False', 'CrashLoop', 'exit 1')];
    expect(timeline(store('a', 'Degraded', conditions)).map((stage) => stage.state)).toEqual(['waiting', 'waiting', 'waiting', 'blocked', 'waiting']);
  });
  test('a shop that is asked whether it answers has a stage for it, another has none', () => {
    const last = (status: Condition['status'], reason: string) => timeline(store('a', 'Ready', [condition('StorefrontReachable', status, reason)])).at(-1);
    expect(last('False', 'StorefrontError')).toMatchObject({ title: 'Answers customers', state: 'current' });
    expect(last('True', 'Ready')).toMatchObject({ title: 'Answers customers', state: 'done' });
    expect(last('Unknown', 'ProbeDisabled')?.type).toBe('RouteReady');
  });
  test('the cause is what is stalled, else why it is not ready', () => {
    expect(troubleOf(store('a', 'Failed', [condition('Ready', 'False', 'X'), condition('Stalled', 'True', 'Y')]))?.reason).toBe('Y');
    expect(troubleOf(store('a', 'Provisioning', [condition('Ready', 'False', 'X'), condition('Stalled', 'False', 'Y')]))?.reason).toBe('X');
    expect(troubleOf(store('a', 'Ready', [condition('Ready', 'True', 'X')]))).toBeUndefined();
  });
});

describe('advice', () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));

  test('is read from tables that say what to do, by the names of their columns', () => {
    const text = '| Reason | Meaning | What to do | Provoked by |\n|---|---|---|---|\n| `A` | is [so](x.md) | do `x` | `T` |\n\n'
      + '| Reason | Meaning | Provoked by |\n|---|---|---|\n| `B` | is | `T` |\n';
    expect([...readAdvice(text)]).toEqual([['A', { meaning: 'is so', action: 'do `x`' }]]);
  });

  test.each([
    ['Too small. Stalled.', 'Too small'], ['Waits for `a.b` still', 'Waits for `a.b` still'], ['Of `a.b`. More.', 'Of `a.b`'], ['', ''],
  ])('the headline of %j is %j', (text, want) => expect(firstSentence(text)).toBe(want));

  test('there is some for every reason that health can give', () => {
    const source = readFileSync(`${root}pkg/health/reason.go`, 'utf8');
    const reasons = [...source.matchAll(/= "([A-Z]\w+)"/g)].map(([, reason]) => reason ?? '');
    expect(reasons.length).toBeGreaterThan(10);
    // The summaries need no advice, and Ready least of all.
    const plain = ['Ready', 'Progressing', 'Recovering', 'Settled', 'Blocked'];
    expect(reasons.filter((reason) => !plain.includes(reason) && adviceFor(reason) === undefined)).toEqual([]);
  });
});

test.each([
  [['9', '10', undefined], '10'], // as numbers, not as text
  [['10', '9', undefined], '10'],
  [['1', '2', '3'], '3'],
])('of versions %j the newest is %s', (versions, want) => {
  const [first, ...others] = versions.map((resourceVersion) => (resourceVersion === undefined ? undefined : { ...store('a', 'Ready', []), metadata: { name: 'a', uid: 'a', resourceVersion } }));
  expect(newest(first!, ...others).metadata.resourceVersion).toBe(want);
});

test('every phase of the API has its place', () => {
  const document = readFileSync(fileURLToPath(new URL('../api/schema.ts', import.meta.url)), 'utf8');
  const served = /phase\?: ([^;]+);/.exec(document)?.[1]?.match(/"(\w+)"/g)?.map((quoted) => quoted.slice(1, -1)) ?? [];
  expect([...phases].sort()).toEqual(served.sort());
});

test.each([
  [0, '0s'], [59, '59s'], [61, '1m1s'], [150, '2m30s'], [600, '10m'], [7_200, '2h'], [90_000, '1d1h'], [900_000, '10d'],
])('%d seconds are %s', (seconds, want) => expect(age(new Date(0).toISOString(), seconds * 1000)).toBe(want));

test('no file of the page has more than one duty', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const long = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|css)$/.test(file) && !file.endsWith('schema.ts'))
    .filter((file) => readFileSync(`${folder}${file}`, 'utf8').split('\n').length > 260);
  expect(long).toEqual([]);
});
