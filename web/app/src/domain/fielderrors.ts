// What the server says about a form, sorted by the fields that it is about.
import { ApiError, type Cause } from '../api/errors';

export type FieldErrors = ReadonlyMap<string, readonly string[]>;

export const noErrors: FieldErrors = new Map();

/** The causes of a refusal by field: `spec.hosts[0]`, `spec.parameters.currency`. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError)) return noErrors;
  const errors = new Map<string, string[]>();
  const add = ({ field, message }: Cause) => errors.set(field, [...(errors.get(field) ?? []), words(message)]);
  error.causes.forEach(add);
  // Another has the name already: no cause is given, and yet it is about one field.
  if (error.code === 409 && error.reason === 'AlreadyExists') add({ field: 'metadata.name', message: 'This name is taken.' });
  return errors;
}

// The value is in the field beside it: it need not be said again.
function words(message: string): string {
  const said = message
    .replace(/^Invalid value: ("(?:[^"\\]|\\.)*"|[^:]*): /, '')
    .replace(/^Unsupported value: ("(?:[^"\\]|\\.)*"|[^:]*): supported values: /, 'must be one of ')
    .replace(/^Required value(: )?/, (_, more: string | undefined) => (more ? '' : 'is required'))
    .replace(/^(Forbidden|Too long|Duplicate value): /, '')
    .replace(/ ?\(e\.g\. .*\)$/s, '');
  return said === '' ? message : said.charAt(0).toUpperCase() + said.slice(1);
}

export interface Shown {
  /** The errors that have a field in the form. */
  fields: FieldErrors;
  /** The others, which are told above it. */
  rest: readonly string[];
}

/**
 * Puts each error at the nearest field of the form: its own, or the one that
 * holds it. Only fields that were touched complain, until the form was sent.
 */
export function place(errors: FieldErrors, known: ReadonlySet<string>, touched: (field: string) => boolean): Shown {
  const fields = new Map<string, string[]>();
  const rest: string[] = [];
  for (const [field, messages] of errors) {
    const home = nearest(field, known);
    if (home === undefined) rest.push(...messages.map((message) => (field === '' ? message : `${field}: ${message}`)));
    else if (touched(home)) fields.set(home, [...(fields.get(home) ?? []), ...messages]);
  }
  return { fields, rest };
}

function nearest(field: string, known: ReadonlySet<string>): string | undefined {
  for (let path = field; path !== ''; path = parent(path)) if (known.has(path)) return path;
  return undefined;
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
}
