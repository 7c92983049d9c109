// JSON values: comparing, merging, and leaving out what says nothing.

export type Json = unknown;
type JsonObject = Record<string, Json>;

export const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export function equal(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (isObject(a) && isObject(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].every((name) => equal(a[name], b[name]));
  }
  return false;
}

/** Without empty texts, lists and objects, which a form has for fields that nobody filled in. */
export function tidy(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(tidy).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([name, item]) => [name, tidy(item)] as const).filter(([, item]) => item !== undefined);
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }
  return value === '' || value === null ? undefined : value;
}

/** The JSON merge patch (RFC 7386) that makes `to` of `from`; undefined where there is nothing to do. */
export function mergePatch(from: Json, to: Json): Json {
  if (equal(from, to)) return undefined;
  if (!isObject(from) || !isObject(to)) return to === undefined ? null : to;
  const patch: JsonObject = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const change = mergePatch(from[name], to[name]);
    if (change !== undefined) patch[name] = change;
  }
  return patch;
}

export interface Clash {
  path: string;
  mine: Json;
  theirs: Json;
}

export interface Merged<T> {
  /** Theirs, with what I changed on top of it. */
  value: T;
  /** What both changed, differently. */
  clashes: Clash[];
}

/** Merges two changes of one value, field by field; lists are one field. */
export function merge<T>(base: T, mine: T, theirs: T, path = ''): Merged<T> {
  if (equal(mine, theirs) || equal(base, mine)) return { value: theirs, clashes: [] };
  if (equal(base, theirs)) return { value: mine, clashes: [] };
  if (isObject(mine) && isObject(theirs)) {
    const before: JsonObject = isObject(base) ? base : {};
    const value: JsonObject = {};
    const clashes: Clash[] = [];
    for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const merged = merge<Json>(before[name], mine[name], theirs[name], path === '' ? name : `${path}.${name}`);
      if (merged.value !== undefined) value[name] = merged.value;
      clashes.push(...merged.clashes);
    }
    return { value: value as T, clashes };
  }
  return { value: mine, clashes: [{ path, mine, theirs }] };
}
