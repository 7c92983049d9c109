// The part of JSON schema that parameters are made of.
import { isObject } from './json';

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

export type Control = 'text' | 'number' | 'choice' | 'switch' | 'texts' | 'group' | 'json';

/** How a value is asked for. Whatever has no field of its own is written as JSON. */
export function controlOf(schema: Schema): Control {
  if (schema.enum?.every((item) => typeof item === 'string')) return 'choice';
  switch (schema.type) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    case 'array':
      return schema.items?.type === 'string' && !schema.items.enum ? 'texts' : 'json';
    case 'object':
      return schema.properties ? 'group' : 'json';
    default:
      return 'json';
  }
}

export const asSchema = (value: unknown): Schema => (isObject(value) ? (value as Schema) : {});

/** The paths of all fields that a form of the schema has. */
export function pathsOf(schema: Schema, path: string): string[] {
  if (controlOf(schema) !== 'group') return [path];
  return [path, ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => pathsOf(property, `${path}.${name}`))];
}

/** What a field shows where it is left empty. */
export function placeholderOf(schema: Schema): string {
  const value = schema.default;
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '';
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}
