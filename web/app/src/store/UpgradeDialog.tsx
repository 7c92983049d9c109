import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { storePath } from '../api/paths';
import { fetchJSON } from '../api/request';
import type { Store } from '../api/types';
import { announce } from '../state/announce';
import { Field } from '../form/Field';
import { Dialog } from '../ui/Dialog';
import { Failure } from '../ui/Notice';

export function UpgradeDialog({ store, versions, onClose }: { store: Store; versions: string[]; onClose: () => void }) {
  const { name } = store.metadata;
  const [version, setVersion] = useState(versions[0] ?? '');
  const [typed, setTyped] = useState('');
  const change = useMutation({
    mutationFn: () => fetchJSON(storePath(name), { method: 'PATCH', contentType: 'application/merge-patch+json', body: { spec: { version } } }),
    onSuccess: () => {
      announce(`${name} changes to ${version}`);
      onClose();
    },
  });
  return (
    <Dialog open onClose={onClose} title={`Change the version of ${name}`}
      description={`It runs ${store.spec.version}. The data is migrated while the shop serves as before; a shop cannot always go back to an older version.`}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (typed === name) change.mutate(); }}>
        <Field label="New version">
          {(props) => <select {...props} value={version} onChange={(event) => setVersion(event.target.value)}>{versions.map((found) => <option key={found}>{found}</option>)}</select>}
        </Field>
        <Field label={`Type ${name} to confirm`}>
          {(props) => <input {...props} autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        {change.isError && <Failure error={change.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>Not now</button>
          <button type="submit" className="button primary" disabled={typed !== name || change.isPending}>Change to {version}</button>
        </div>
      </form>
    </Dialog>
  );
}
