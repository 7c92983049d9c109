import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { storePath } from '../api/paths';
import { fetchJSON } from '../api/request';
import type { Store } from '../api/types';
import { announce } from '../state/announce';
import { Field } from '../form/Field';
import { Dialog } from '../ui/Dialog';
import { Failure } from '../ui/Notice';

/** Deletes this very store: one that was made anew under its name meanwhile stays. */
export function DeleteDialog({ store, onClose }: { store: Store; onClose: () => void }) {
  const { name, uid } = store.metadata;
  const [typed, setTyped] = useState('');
  const remove = useMutation({
    mutationFn: () => fetchJSON(storePath(name), {
      method: 'DELETE', body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' },
    }),
    onSuccess: () => {
      announce(`${name} is being deleted`);
      onClose();
    },
  });
  return (
    <Dialog open onClose={onClose} title={`Delete ${name}?`}
      description={<>The shop, its data and its credentials are deleted with namespace <code>{store.status?.namespace ?? `store-${name}`}</code>. There is no way back.</>}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (typed === name) remove.mutate(); }}>
        <Field label={`Type ${name} to confirm`}>
          {(props) => <input {...props} autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        {remove.isError && <Failure error={remove.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>Keep it</button>
          <button type="submit" className="button danger primary" disabled={typed !== name || remove.isPending}>Delete {name}</button>
        </div>
      </form>
    </Dialog>
  );
}
