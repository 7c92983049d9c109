import { describe, expect, test } from 'vitest';
import { equal, merge, mergePatch, tidy } from './json';

describe('tidy', () => {
  test.each([
    ['empty text', { a: '' }, undefined],
    ['empty list', { a: [''] }, undefined],
    ['no is an answer', { a: false, b: 0 }, { a: false, b: 0 }],
    ['nested', { a: { b: { c: '' } }, d: 1 }, { d: 1 }],
  ])('%s', (_, value, want) => expect(tidy(value)).toEqual(want));
});

describe('mergePatch', () => {
  test.each([
    ['nothing to do', { a: 1 }, { a: 1 }, undefined],
    ['changed', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['removed', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['nested', { p: { x: 1, y: 2 } }, { p: { x: 1 } }, { p: { y: null } }],
    ['a list is one value', { h: ['a', 'b'] }, { h: ['a'] }, { h: ['a'] }],
    ['order of keys says nothing', { p: { x: 1, y: 2 } }, { p: { y: 2, x: 1 } }, undefined],
  ])('%s', (_, from, to, want) => expect(mergePatch(from, to)).toEqual(want));
});

describe('merge', () => {
  const base = { plan: 'starter', parameters: { currency: 'EUR', country: 'DE' } };
  test('different fields: both changes', () => {
    const mine = { ...base, plan: 'business' };
    const theirs = { ...base, parameters: { ...base.parameters, country: 'FR' } };
    expect(merge(base, mine, theirs)).toEqual({ value: { plan: 'business', parameters: { currency: 'EUR', country: 'FR' } }, clashes: [] });
  });
  test('one field, two values: mine, and told', () => {
    const merged = merge(base, { ...base, plan: 'business' }, { ...base, plan: 'enterprise' });
    expect(merged).toEqual({ value: { ...base, plan: 'business' }, clashes: [{ path: 'plan', mine: 'business', theirs: 'enterprise' }] });
  });
  test('the same change twice is none of both', () => {
    expect(merge(base, { ...base, plan: 'x' }, { ...base, plan: 'x' }).clashes).toEqual([]);
  });
  test('what they removed stays removed unless I changed it', () => {
    expect(merge<object>(base, base, { plan: 'starter' }).value).toEqual({ plan: 'starter' });
  });
  test('equal knows absent from empty only where it matters', () => {
    expect(equal({ a: undefined }, {})).toBe(true);
    expect(equal({ a: '' }, {})).toBe(false);
  });
});
