import { Tabs } from '@base-ui/react/tabs';
import { useEffect, useRef } from 'react';
import { oneStorePath } from '../api/paths';
import type { Store } from '../api/types';
import { isTrouble, phaseOf } from '../domain/phase';
import { announce } from '../state/announce';
import { useFeed } from '../state/feeds';
import { go, href } from '../state/route';
import { PhaseBadge } from '../ui/Badge';
import { ConnectionBanner } from '../ui/Connection';
import { Outside } from '../ui/Link';
import { PageTitle } from '../ui/PageTitle';
import { Actions } from './Actions';
import { Events } from './Events';
import { Manifest } from './Manifest';
import { Objects } from './Objects';
import { Overview } from './Overview';
import { Pods } from './Pods';

const tabs = [['overview', 'Overview'], ['events', 'Events'], ['objects', 'Objects'], ['pods', 'Pods and logs'], ['yaml', 'YAML']] as const;

export default function StorePage({ name, tab }: { name: string; tab: string }) {
  const { items, listed, connection, retry } = useFeed<Store>(oneStorePath(name));
  const store = items[0];
  useNews(store);
  const shown = tabs.some(([value]) => value === tab) ? tab : 'overview';
  return (
    <>
      <a className="crumb" href={href([])}>← Stores</a>
      <div className="head">
        <div>
          <div className="title"><PageTitle title={name} />{store && <PhaseBadge phase={phaseOf(store)} />}</div>
          {store && <p className="soft links">
            {store.spec.displayName && <span>{store.spec.displayName}</span>}
            <Outside url={store.status?.url} />
            <Outside url={store.status?.adminURL}>Administration</Outside>
          </p>}
        </div>
        {store && <Actions store={store} />}
      </div>
      <ConnectionBanner connection={connection} listed={listed} retry={retry} />
      {listed && !store && (
        <div className="card empty">
          <h2>There is no store “{name}”</h2>
          <p>It was deleted, or never was.</p>
          <a className="button" href={href([])}>All stores</a>
        </div>
      )}
      {!listed && connection.state === 'connecting' && <p className="soft" role="status">Loading {name} …</p>}
      {store && (
        <Tabs.Root value={shown} onValueChange={(value) => go(href(['stores', name, ...(value === 'overview' ? [] : [String(value)])]), true)}>
          <Tabs.List className="tabs" activateOnFocus={false} aria-label={`About ${name}`}>
            {tabs.map(([value, title]) => <Tabs.Tab key={value} value={value} className="tab">{title}</Tabs.Tab>)}
          </Tabs.List>
          <Tabs.Panel value="overview"><Overview store={store} /></Tabs.Panel>
          <Tabs.Panel value="events"><Events store={name} /></Tabs.Panel>
          <Tabs.Panel value="objects"><Objects store={name} /></Tabs.Panel>
          <Tabs.Panel value="pods"><Pods store={name} /></Tabs.Panel>
          <Tabs.Panel value="yaml"><Manifest store={store} /></Tabs.Panel>
        </Tabs.Root>
      )}
    </>
  );
}

/** Says aloud what changes while one looks. */
function useNews(store: Store | undefined) {
  const before = useRef<{ uid: string; phase: string } | undefined>(undefined);
  const uid = store?.metadata.uid;
  const phase = store && phaseOf(store);
  const name = store?.metadata.name;
  useEffect(() => {
    const last = before.current;
    before.current = uid && phase ? { uid, phase } : undefined;
    if (!last || !phase || last.uid !== uid || last.phase === phase) return;
    announce(`${name} is ${phase}`, phase === 'Ready' ? 'good' : isTrouble(phase) ? 'bad' : 'calm');
  }, [uid, phase, name]);
}
