import { useDeferredValue, useMemo } from 'react';
import { ApiError } from '../api/errors';
import { readSelection, select, writeSelection, type Selection } from '../domain/selection';
import { useStores } from '../state/feeds';
import { useAccess } from '../state/queries';
import { go, href } from '../state/route';
import { Action } from '../ui/Action';
import { ConnectionBanner } from '../ui/Connection';
import { Plus } from '../ui/icons';
import { PageTitle } from '../ui/PageTitle';
import { Filters } from './Filters';
import { ByName } from './ByName';
import { StoreTable } from './StoreTable';

export function ListPage({ query }: { query: URLSearchParams }) {
  const { items, listed, connection, retry } = useStores();
  const create = useAccess({ resource: 'stores', verb: 'create' });
  const selection = readSelection(query);
  // Typing stays quick: the table follows when there is time.
  const deferred = useDeferredValue(query.toString());
  const shown = useMemo(() => select(items, readSelection(new URLSearchParams(deferred))), [items, deferred]);
  const change = (changed: Partial<Selection>) => go(href([], writeSelection({ ...selection, ...changed })), true);
  const forbidden = connection.state === 'denied' && connection.error instanceof ApiError && connection.error.forbidden;

  return (
    <>
      <div className="head">
        <div>
          <PageTitle title="Stores" />
          <p className="soft">{listed ? summary(shown.length, items.length) : 'Every shop on this platform, live.'}</p>
        </div>
        <div className="actions">
          <Action kind="primary" access={create} onClick={() => go(href(['create']))}><Plus /> New store</Action>
        </div>
      </div>
      <ConnectionBanner connection={connection} listed={listed} retry={retry} />
      {forbidden && <ByName />}
      {listed && items.length > 0 && <Filters stores={items} selection={selection} onChange={change} />}
      {listed && shown.length > 0 && <StoreTable stores={shown} selection={selection} onChange={change} />}
      {listed && shown.length === 0 && (
        <div className="card empty">
          <h2>{items.length === 0 ? 'No store yet' : 'Nothing matches'}</h2>
          <p>{items.length === 0 ? 'The first one takes a name and a click.' : 'No store is as you ask for.'}</p>
          {items.length === 0
            ? create.allowed && <a className="button primary" href={href(['create'])}><Plus /> New store</a>
            : <button type="button" className="button" onClick={() => go(href([]), true)}>Show all stores</button>}
        </div>
      )}
      {!listed && connection.state === 'connecting' && <p className="card empty" role="status">Loading stores …</p>}
    </>
  );
}

function summary(shown: number, all: number): string {
  const stores = all === 1 ? '1 store' : `${all.toLocaleString('en')} stores`;
  return shown === all ? stores : `${shown.toLocaleString('en')} of ${stores}`;
}
