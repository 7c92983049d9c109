import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/errors';
import { storePath, withQuery } from '../api/paths';
import { fetchJSON } from '../api/request';
import type { Engine, Store, StoreSpec } from '../api/types';
import { changeOf, draftOf, specOf, type Draft } from '../domain/draft';
import { equal, merge, tidy } from '../domain/json';
import { newest } from '../domain/newest';
import { announce } from '../state/announce';
import { useAccess } from '../state/queries';
import { go, href } from '../state/route';
import { Failure, Notice } from '../ui/Notice';
import { Conflict } from './Conflict';
import { Sidebar } from './Sidebar';
import { StoreFields } from './StoreFields';
import { useDryRun } from './useDryRun';
import { useForm } from './useForm';

interface Properties {
  /** What the form was opened with, or last took over. */
  base: Store;
  /** What the server has now. */
  live: Store;
  engine: Engine;
  onBase: (store: Store) => void;
}

const patchType = 'application/merge-patch+json';

/** Sends only what was changed, at the version that it was changed from. */
export function EditForm({ base, live, engine, onBase }: Properties) {
  const { name } = base.metadata;
  const [draft, setDraft] = useState<Draft>(() => draftOf(base));
  const access = useAccess({ resource: 'stores', verb: 'patch', name });
  const change = changeOf(base.spec, draft);
  const [fresh, setFresh] = useState<Store>();
  // While the watch is lost, what the page watches is older than what it was told since.
  const newer = newest(base, live, fresh);
  // Its status changes all the time: only another spec is in the way.
  const conflict = !equal(tidy(newer.spec), tidy(base.spec)) || newer.metadata.uid !== base.metadata.uid;

  const verdict = useDryRun(JSON.stringify([change, base.metadata.resourceVersion]), change && access.allowed ? (signal) => fetchJSON(
    withQuery(storePath(name), { dryRun: 'All', fieldValidation: 'Strict' }), { method: 'PATCH', contentType: patchType, body: change, signal }) : undefined);

  const save = useMutation({
    mutationFn: () => patch(name, change, newer),
    onSuccess: () => {
      announce(`${name} is changed`, 'good');
      go(href(['stores', name]));
    },
    onError: async (error) => {
      if (error instanceof ApiError && error.conflict) setFresh(await fetchJSON<Store>(storePath(name)));
    },
  });
  const refusal = verdict.state === 'refused' && change ? verdict.error : undefined;
  const form = useForm(draft, setDraft, engine, [refusal, save.error]);
  const submit = () => {
    form.touchAll();
    if (!form.blocked && access.allowed && change && !conflict) save.mutate();
  };
  const take = (spec: StoreSpec) => {
    setDraft({ name, spec: structuredClone(spec) });
    onBase(newer);
    setFresh(undefined);
    save.reset();
  };

  return (
    <form className="page-form" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <div className="stack">
        {access.refusal && <Notice tone="warn" title="Not allowed">{access.refusal}</Notice>}
        {conflict && <Conflict merged={merge<StoreSpec>(base.spec, specOf(draft), newer.spec)} theirs={newer.spec} onTake={take} />}
        <StoreFields form={form} engine={engine} />
        {form.rest.length > 0 && <Notice tone="bad" title="The server also says" role="alert">{form.rest.join(' ')}</Notice>}
        {save.error && !(save.error instanceof ApiError && (save.error.conflict || save.error.invalid)) && <Failure error={save.error} onRetry={submit} />}
        {refusal && refusal.causes.length === 0 && !refusal.conflict && <Failure error={refusal} />}
        <div className="send">
          <button type="submit" className="button primary" aria-disabled={!access.allowed || !change || conflict || save.isPending}>{save.isPending ? 'Saving …' : 'Save'}</button>
          <a className="button" href={href(['stores', name])}>Cancel</a>
          {!change && <span className="soft small">Nothing is changed yet.</span>}
        </div>
      </div>
      <Sidebar manifest={change ?? {}} verdict={verdict} command={() => `kubectl patch store ${name} --type=merge \\\n  -p '${JSON.stringify(change ?? {}).replaceAll("'", "'\\''")}'`} />
    </form>
  );
}

/**
 * At the version that was looked at. The provisioner writes the status of the
 * same object: when only that has moved, the change is sent again, at the new version.
 */
async function patch(name: string, change: object | undefined, seen: Store): Promise<Store> {
  let version = seen.metadata.resourceVersion;
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchJSON<Store>(withQuery(storePath(name), { fieldValidation: 'Strict' }), {
        method: 'PATCH', contentType: patchType, body: { ...change, metadata: { uid: seen.metadata.uid, resourceVersion: version } },
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.conflict) || attempt === 5) throw error;
      const now = await fetchJSON<Store>(storePath(name));
      if (now.metadata.uid !== seen.metadata.uid || now.metadata.generation !== seen.metadata.generation) throw error;
      version = now.metadata.resourceVersion;
    }
  }
}
