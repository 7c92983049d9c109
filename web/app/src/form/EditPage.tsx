import { useState } from 'react';
import { oneStorePath } from '../api/paths';
import type { Engine, Store } from '../api/types';
import { useFeed } from '../state/feeds';
import { useEngines } from '../state/queries';
import { href } from '../state/route';
import { ConnectionBanner } from '../ui/Connection';
import { Failure, Notice } from '../ui/Notice';
import { PageTitle } from '../ui/PageTitle';
import { EditForm } from './EditForm';

export default function EditPage({ name }: { name: string }) {
  const { items, listed, connection, retry } = useFeed<Store>(oneStorePath(name));
  const { data: engines, error, refetch } = useEngines();
  const live = items[0];
  const found = engines?.find((engine) => engine.metadata.name === live?.spec.engine);
  // The form stays what it is when the store, or the list of engines, goes away under it.
  const [base, setBase] = useState<{ store: Store; engine: Engine }>();
  if (!base && live && found) setBase({ store: live, engine: found });
  return (
    <>
      <a className="crumb" href={href(['stores', name])}>← {name}</a>
      <div className="head"><div><PageTitle title={`Edit ${name}`} /></div></div>
      <ConnectionBanner connection={connection} listed={listed} retry={retry} />
      {!base && error && <Failure error={error} onRetry={() => void refetch()} />}
      {!base && live && engines && !found && <Notice tone="warn" title="The engine is not installed">Edit {name} with kubectl: this page does not know what engine {live.spec.engine} takes.</Notice>}
      {!base && listed && !live && <Notice tone="warn" title={`There is no store “${name}”`} />}
      {!base && !listed && connection.state === 'connecting' && <p className="soft" role="status">Loading {name} …</p>}
      {base && listed && !live && <div className="banner"><Notice tone="warn" role="alert" title="The store was deleted">What you typed is still here.</Notice></div>}
      {base && <EditForm base={base.store} live={live ?? base.store} engine={base.engine} onBase={(store) => setBase({ ...base, store })} />}
    </>
  );
}
