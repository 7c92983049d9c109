import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { storesPath, withQuery } from '../api/paths';
import { fetchJSON } from '../api/request';
import type { Engine, Store } from '../api/types';
import { manifestOf, newDraft, withEngine, type Draft } from '../domain/draft';
import { announce } from '../state/announce';
import { useAccess, useEngines } from '../state/queries';
import { go, href } from '../state/route';
import { Failure, Notice } from '../ui/Notice';
import { PageTitle } from '../ui/PageTitle';
import { Choice } from './Choice';
import { Field } from './Field';
import { Sidebar } from './Sidebar';
import { StoreFields } from './StoreFields';
import { useDryRun } from './useDryRun';
import { useForm } from './useForm';

export default function CreatePage({ engine: wanted }: { engine: string }) {
  const { data: engines, error, refetch } = useEngines();
  // A list that is fetched again, even in vain, takes nothing away from the form.
  const [first, setFirst] = useState<Engine[]>();
  useEffect(() => {
    if (engines) setFirst(engines);
  }, [engines]);
  return (
    <>
      <a className="crumb" href={href([])}>← Stores</a>
      <div className="head"><div><PageTitle title="New store" /></div></div>
      {error && !first && <Failure error={error} onRetry={() => void refetch()} />}
      {!error && !first && <p className="soft" role="status">Loading engines …</p>}
      {first?.length === 0 && <Notice tone="warn" title="No engine is installed">A store needs one: see the platform’s documentation of engines.</Notice>}
      {first && first[0] && <CreateForm engines={first} start={first.find((found) => found.metadata.name === wanted) ?? first[0]} />}
    </>
  );
}

const create = (draft: Draft, dryRun: boolean, signal?: AbortSignal) => fetchJSON<Store>(
  withQuery(storesPath, { fieldValidation: 'Strict', dryRun: dryRun ? 'All' : undefined }),
  { method: 'POST', body: manifestOf(draft), signal });

const command = (yaml: string) => `kubectl create -f - <<'EOF'\n${yaml}EOF`;

function CreateForm({ engines, start }: { engines: Engine[]; start: Engine }) {
  const [draft, setDraft] = useState(() => newDraft(start));
  const access = useAccess({ resource: 'stores', verb: 'create' });
  const engine = engines.find((found) => found.metadata.name === draft.spec.engine) ?? start;
  const manifest = manifestOf(draft);
  const verdict = useDryRun(JSON.stringify(manifest), access.allowed ? (signal) => create(draft, true, signal) : undefined);
  const order = useMutation({
    mutationFn: () => create(draft, false),
    onSuccess: (store) => {
      announce(`${store.metadata.name} is ordered`, 'good');
      go(href(['stores', store.metadata.name]));
    },
  });
  const refusal = verdict.state === 'refused' ? verdict.error : undefined;
  const form = useForm(draft, setDraft, engine, [refusal]);
  const submit = () => {
    form.touchAll();
    if (!form.blocked && access.allowed) order.mutate();
  };

  return (
    <form className="page-form" noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <div className="stack">
        {access.refusal && <Notice tone="warn" title="Not allowed">{access.refusal} You can still see what an order takes.</Notice>}
        <section className="card" aria-label="Name and engine">
          <div className="body stack">
            <Field label="Name" hint={<>Lower-case letters, digits and dashes. The shop lives in namespace <code>store-{draft.name || '<name>'}</code>.</>} errors={form.errors('metadata.name')}>
              {(props) => <input {...props} autoComplete="off" autoCapitalize="none" spellCheck={false} value={draft.name} onBlur={() => draft.name && form.touch('metadata.name')}
                onChange={(event) => form.set({ ...draft, name: event.target.value }, 'metadata.name')} />}
            </Field>
            <Choice label="Engine" value={draft.spec.engine} errors={form.errors('spec.engine')}
              options={engines.map((found) => ({ value: found.metadata.name, title: found.spec.displayName, text: found.spec.description }))}
              onChange={(name) => form.set(withEngine(draft, engines.find((found) => found.metadata.name === name) ?? engine), 'spec.engine')} />
          </div>
        </section>
        <StoreFields form={form} engine={engine} />
        {form.rest.length > 0 && <Notice tone="bad" title="The server also says" role="alert">{form.rest.join(' ')}</Notice>}
        {refusal && refusal.causes.length === 0 && form.rest.length === 0 && refusal.code !== 409 && draft.name !== '' && <Failure error={refusal} />}
        {order.isError && !isShown(order.error, refusal) && <Failure error={order.error} onRetry={submit} />}
        <div className="send">
          <button type="submit" className="button primary" aria-disabled={!access.allowed || order.isPending}>{order.isPending ? 'Creating …' : `Create ${draft.name || 'store'}`}</button>
          <a className="button" href={href([])}>Cancel</a>
        </div>
      </div>
      <Sidebar manifest={manifest} command={command} verdict={verdict} />
    </form>
  );
}

// The same refusal need not be told twice: its fields say it.
function isShown(error: unknown, refusal: Error | undefined): boolean {
  return refusal !== undefined && error instanceof Error && error.message === refusal.message;
}
