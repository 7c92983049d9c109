import { useState } from 'react';
import type { Engine, StoreSpec } from '../api/types';
import { fieldsOf, formPath, ownErrors, type Draft } from '../domain/draft';
import { fieldErrors, place, type Shown } from '../domain/fielderrors';

export interface Form {
  draft: Draft;
  /** The errors of a field that was touched. */
  errors: (field: string) => readonly string[] | undefined;
  rest: readonly string[];
  blocked: boolean;
  set: (draft: Draft, field: string) => void;
  setSpec: (change: Partial<{ [K in keyof StoreSpec]: StoreSpec[K] | undefined }>, field: string) => void;
  touch: (field: string) => void;
  touchAll: () => void;
}

/** What a form holds, and which of the errors it shows beside which field. */
export function useForm(draft: Draft, setDraft: (draft: Draft) => void, engine: Engine | undefined, errors: unknown[]): Form {
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const merged = new Map(ownErrors(draft));
  const own = merged.size > 0;
  for (const error of errors) {
    for (const [field, messages] of fieldErrors(error)) {
      const path = formPath(field, draft);
      merged.set(path, [...new Set([...(merged.get(path) ?? []), ...messages])]);
    }
  }
  const shown: Shown = place(merged, fieldsOf(draft, engine), (field) => all || touched.has(field));
  const touch = (field: string) => setTouched((before) => (before.has(field) ? before : new Set([...before, field])));
  return {
    draft,
    errors: (field) => shown.fields.get(field),
    rest: shown.rest,
    blocked: own,
    touch,
    touchAll: () => setAll(true),
    set: (changed, field) => {
      touch(field);
      setDraft(changed);
    },
    setSpec: (change, field) => {
      touch(field);
      setDraft({ ...draft, spec: { ...draft.spec, ...change } as StoreSpec });
    },
  };
}
