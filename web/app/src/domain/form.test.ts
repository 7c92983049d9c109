import { describe, expect, test } from 'vitest';
import { ApiError } from '../api/errors';
import type { Engine, StoreSpec } from '../api/types';
import { changeOf, fieldsOf, formPath, manifestOf, ownErrors, withEngine, type Draft } from './draft';
import { fieldErrors, place } from './fielderrors';
import { controlOf, placeholderOf } from './schema';

const engine = (name: string): Engine => ({
  metadata: { name, uid: name, resourceVersion: '1' },
  spec: {
    displayName: name, revision: 'r1', defaultVersion: '2.0', versions: [{ name: '2.0' }], defaultPlan: 'starter', plans: [{ name: 'starter' }],
    volumes: [{ name: 'database' }, { name: 'content' }],
    parametersSchema: { type: 'object', properties: { currency: { type: 'string' }, address: { type: 'object', properties: { street: { type: 'string' } } }, origins: { type: 'array', items: { type: 'string' } } } },
  },
});
const draft = (spec: Partial<StoreSpec>): Draft => ({ name: 'acme', spec: { engine: 'woocommerce', ...spec } });

describe('what is sent', () => {
  test('says only what was filled in', () => {
    const written = draft({ plan: 'starter', displayName: '', hosts: [''], storage: [{ name: 'database', size: '' }], suspend: false, parameters: { currency: '' } });
    expect(manifestOf(written).spec).toEqual({ engine: 'woocommerce', plan: 'starter' });
  });
  test('a size that is no quantity is told here, and does not hide what the server says of the rest', () => {
    const written = draft({ storage: [{ name: 'database', size: 'much' }, { name: 'content', size: '10Gi' }] });
    expect(manifestOf(written).spec.storage).toEqual([{ name: 'content', size: '10Gi' }]);
    expect([...ownErrors(written)]).toEqual([['spec.storage.database', ['Must be a quantity, such as 10Gi.']]]);
  });
  test('an edit is the fields that it changes', () => {
    const before = { engine: 'woocommerce', plan: 'starter', parameters: { currency: 'EUR', country: 'DE' } };
    expect(changeOf(before, draft({ plan: 'business', parameters: { currency: 'EUR' } }))).toEqual({ spec: { plan: 'business', parameters: { country: null } } });
    expect(changeOf(before, draft({ ...before, hosts: [] }))).toBeUndefined();
  });
  test('another engine keeps what is not of the engine', () => {
    const changed = withEngine(draft({ displayName: 'Acme', plan: 'huge', parameters: { currency: 'EUR' } }), engine('medusa'));
    expect(changed).toEqual({ name: 'acme', spec: { engine: 'medusa', version: '2.0', plan: 'starter', displayName: 'Acme' } });
  });
});

describe('what the server says', () => {
  const refusal = (...causes: [string, string][]) => new ApiError(422, 'Invalid', 'no', causes.map(([field, message]) => ({ field, message })));
  const all = () => true;

  test.each([
    ['Invalid value: "eu": \'eu\' does not match pattern \'^[A-Z]{3}$\'', '\'eu\' does not match pattern \'^[A-Z]{3}$\''],
    ['Invalid value: "a: \\"b": must be lower case', 'Must be lower case'],
    ['Invalid value: 5: got number, want string', 'Got number, want string'],
    ['Unsupported value: "huge": supported values: "starter", "business"', 'Must be one of "starter", "business"'],
    ['Required value', 'Is required'],
    ['Required value: the shop needs one', 'The shop needs one'],
    ['Forbidden: the engine has no such parameter', 'The engine has no such parameter'],
  ])('%s', (message, want) => expect(fieldErrors(refusal(['spec.plan', message])).get('spec.plan')).toEqual([want]));

  test('a name that is taken is about the name', () => {
    expect(fieldErrors(new ApiError(409, 'AlreadyExists', 'exists')).get('metadata.name')).toEqual(['This name is taken.']);
  });

  test('each error stands at its field, at the one that holds it, or above the form', () => {
    const written = draft({ hosts: ['', 'UPPER'], storage: [{ name: 'database' }, { name: 'content', size: '1Mi' }] });
    const known = fieldsOf(written, engine('woocommerce'));
    const said = refusal(['spec.hosts[0]', 'a'], ['spec.storage[0].size', 'b'], ['spec.parameters.address.street', 'c'],
      ['spec.parameters.origins[3]', 'd'], ['spec.parameters.unknown', 'e'], ['metadata.labels', 'f'], ['', 'g']);
    const errors = new Map([...fieldErrors(said)].map(([field, messages]) => [formPath(field, written), messages]));
    const shown = place(errors, known, all);
    expect(Object.fromEntries(shown.fields)).toEqual({
      'spec.hosts[1]': ['A'], 'spec.storage.content': ['B'], 'spec.parameters.address.street': ['C'], 'spec.parameters.origins': ['D'],
    });
    expect(shown.rest).toEqual(['spec.parameters.unknown: E', 'metadata.labels: F', 'G']);
  });

  test('a field that nobody has touched does not complain', () => {
    const errors = fieldErrors(refusal(['metadata.name', 'Required value'], ['spec.plan', 'no']));
    expect([...place(errors, new Set(['metadata.name', 'spec.plan']), (field) => field === 'spec.plan').fields.keys()]).toEqual(['spec.plan']);
  });
});

test.each([
  [{ type: 'string' }, 'text'],
  [{ type: 'string', enum: ['a'] }, 'choice'],
  [{ type: 'boolean' }, 'switch'],
  [{ type: 'integer' }, 'number'],
  [{ type: 'array', items: { type: 'string' } }, 'texts'],
  [{ type: 'array', items: { type: 'object' } }, 'json'],
  [{ type: 'object', properties: {} }, 'group'],
  [{ type: 'object' }, 'json'],
  [{}, 'json'],
])('%j is asked for by a %s', (schema, want) => expect(controlOf(schema)).toBe(want));

test('an empty field shows its default', () => {
  expect([{ default: 'EUR' }, { default: ['de', 'fr'] }, { default: [] }, { default: 3 }, {}].map(placeholderOf)).toEqual(['EUR', 'de, fr', '', '3', '']);
});
