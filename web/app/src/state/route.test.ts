import { expect, test } from 'vitest';
import { href, parse } from './route';

test.each([
  ['', [], {}],
  ['#/', [], {}],
  ['#/stores/acme/events', ['stores', 'acme', 'events'], {}],
  ['#/stores?q=a+b&phase=Failed', ['stores'], { q: 'a b', phase: 'Failed' }],
  ['#/stores/%zz', ['stores', '%zz'], {}],
])('%s', (hash, path, query) => {
  const route = parse(hash);
  expect(route.path).toEqual(path);
  expect(Object.fromEntries(route.query)).toEqual(query);
});

test('an address is read as it was written', () => {
  const written = href(['stores', 'a/b?c'], { q: 'x & y', none: undefined, empty: '' });
  expect(parse(written).path).toEqual(['stores', 'a/b?c']);
  expect(Object.fromEntries(parse(written).query)).toEqual({ q: 'x & y' });
});
