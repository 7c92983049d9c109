import type { StoreSpec } from '../api/types';
import type { Merged } from '../domain/json';

interface Properties {
  merged: Merged<StoreSpec>;
  theirs: StoreSpec;
  onTake: (spec: StoreSpec) => void;
}

/** Somebody else was quicker: what they changed, and what to make of it. */
export function Conflict({ merged, theirs, onTake }: Properties) {
  return (
    <div className="notice warn" role="alert">
      <div className="stack">
        <div>
          <strong>Somebody else changed this store meanwhile</strong>
          <p>{merged.clashes.length === 0 ? 'They changed other fields than you: both changes go together.' : 'You both changed the same:'}</p>
        </div>
        {merged.clashes.length > 0 && (
          <table className="plain clash">
            <thead><tr><th scope="col">Field</th><th scope="col">Yours</th><th scope="col">Theirs</th></tr></thead>
            <tbody>{merged.clashes.map(({ path, mine, theirs: other }) => <tr key={path}><td><code>{path}</code></td><td>{shown(mine)}</td><td>{shown(other)}</td></tr>)}</tbody>
          </table>
        )}
        <div className="row">
          <button type="button" className="button" onClick={() => onTake(merged.value)}>Keep my changes on the fresh version</button>
          <button type="button" className="button" onClick={() => onTake(theirs)}>Take the fresh version</button>
        </div>
      </div>
    </div>
  );
}

const shown = (value: unknown) => (value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
