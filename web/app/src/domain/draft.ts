// A store that is being written: what the form holds, and what is sent of it.
import type { Engine, Store, StoreSpec } from '../api/types';
import { mergePatch, tidy } from './json';
import { asSchema, pathsOf } from './schema';

export interface Draft {
  name: string;
  spec: StoreSpec;
}

export function newDraft(engine: Engine): Draft {
  return { name: '', spec: { engine: engine.metadata.name, version: engine.spec.defaultVersion, plan: engine.spec.defaultPlan } };
}

/** Another engine has other versions, plans, volumes and parameters; what else was typed stays. */
export function withEngine(draft: Draft, engine: Engine): Draft {
  const { displayName, hosts, suspend, deletionProtection } = draft.spec;
  const kept = { displayName, hosts, suspend, deletionProtection };
  const said = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return { name: draft.name, spec: { ...newDraft(engine).spec, ...said } };
}

const quantity = /^\d+(\.\d+)?([EPTGMk]i?|Ki|m|[eE][+-]?\d+)?$/;

export const isQuantity = (text: string) => quantity.test(text);

/**
 * The spec as it is sent. A volume that only repeats its name says nothing; a
 * size that is no quantity is left out, because the server would refuse the whole
 * body for it and say nothing of the other fields.
 */
export function specOf(draft: Draft): StoreSpec {
  const storage = (draft.spec.storage ?? [])
    .map((volume) => ({ ...volume, size: volume.size !== undefined && isQuantity(String(volume.size)) ? volume.size : undefined }))
    .filter((volume) => volume.size !== undefined || volume.storageClassName);
  const spec = tidy({ ...draft.spec, storage, suspend: draft.spec.suspend || undefined, deletionProtection: draft.spec.deletionProtection || undefined });
  return { engine: draft.spec.engine, ...(spec as Partial<StoreSpec> | undefined) };
}

export function manifestOf(draft: Draft) {
  return {
    apiVersion: 'platform.example.io/v1alpha1',
    kind: 'Store',
    metadata: { name: draft.name.trim() },
    spec: specOf(draft),
  };
}

/** The change of a store's spec, for a merge patch; undefined where nothing is changed. */
export function changeOf(before: StoreSpec, draft: Draft): { spec: object } | undefined {
  const patch = mergePatch(tidy(before), specOf(draft));
  return patch === undefined ? undefined : { spec: patch as object };
}

export const draftOf = (store: Store): Draft => ({ name: store.metadata.name, spec: structuredClone(store.spec) });

/** What only this page can see is wrong. */
export function ownErrors(draft: Draft): Map<string, string[]> {
  const errors = new Map<string, string[]>();
  for (const volume of draft.spec.storage ?? []) {
    const size = volume.size === undefined ? '' : String(volume.size);
    if (size !== '' && !isQuantity(size)) errors.set(`spec.storage.${volume.name}`, ['Must be a quantity, such as 10Gi.']);
  }
  return errors;
}

/** The server counts what was sent; the form has volumes by name, and hosts that are still empty. */
export function formPath(field: string, draft: Draft): string {
  const match = /^spec\.(storage|hosts)\[(\d+)\]/.exec(field);
  const index = Number(match?.[2]);
  if (match?.[1] === 'storage') {
    const name = specOf(draft).storage?.[index]?.name;
    return name === undefined ? field : `spec.storage.${name}`;
  }
  if (match?.[1] === 'hosts') {
    const filled = (draft.spec.hosts ?? []).flatMap((host, position) => (host === '' ? [] : [position]));
    return `spec.hosts[${filled[index] ?? index}]`;
  }
  return field;
}

/** Every field of the form. */
export function fieldsOf(draft: Draft, engine: Engine | undefined): Set<string> {
  const spec = ['displayName', 'engine', 'version', 'plan', 'hosts', 'suspend', 'deletionProtection'].map((name) => `spec.${name}`);
  const hosts = (draft.spec.hosts ?? []).map((_, index) => `spec.hosts[${index}]`);
  const volumes = (engine?.spec.volumes ?? []).map((volume) => `spec.storage.${volume.name}`);
  const parameters = engine ? pathsOf(asSchema(engine.spec.parametersSchema), 'spec.parameters') : [];
  const shown = parameters.filter((path) => path !== 'spec.parameters');
  return new Set(['metadata.name', ...spec, ...hosts, ...volumes, ...shown]);
}
