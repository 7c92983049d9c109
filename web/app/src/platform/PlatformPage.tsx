import { phaseOf, phases, toneOf, isTrouble, troubleOf } from '../domain/phase';
import { count } from '../domain/selection';
import type { Store } from '../api/types';
import { Age } from '../list/StoreRow';
import { useStores } from '../state/feeds';
import { useEngines } from '../state/queries';
import { href } from '../state/route';
import { PhaseBadge } from '../ui/Badge';
import { ConnectionBanner } from '../ui/Connection';
import { Failure } from '../ui/Notice';
import { PageTitle } from '../ui/PageTitle';
import { Prose } from '../ui/Prose';

export default function PlatformPage() {
  const { items, listed, connection, retry } = useStores();
  const byPhase = count(items, phaseOf);
  return (
    <>
      <div className="head"><div><PageTitle title="Platform" /><p className="soft">{listed ? `${items.length.toLocaleString('en')} stores` : 'All stores together'}</p></div></div>
      <ConnectionBanner connection={connection} listed={listed} retry={retry} />
      {listed && (
        <div className="stack">
          <section aria-label="Stores by phase" className="tiles">
            {phases.map((phase) => (
              <a key={phase} className={`card tile ${toneOf(phase)} ${byPhase.has(phase) ? '' : 'none'}`} href={href([], { phase })}>
                <b>{(byPhase.get(phase) ?? 0).toLocaleString('en')}</b><span>{phase}</span>
              </a>
            ))}
          </section>
          <div className="two">
            <Failures stores={items} />
            <Engines stores={items} />
          </div>
        </div>
      )}
    </>
  );
}

const shown = 12;

function Failures({ stores }: { stores: readonly Store[] }) {
  const failing = stores.filter((store) => isTrouble(phaseOf(store)))
    .map((store) => ({ store, cause: troubleOf(store) }))
    .sort((a, b) => ((a.cause?.lastTransitionTime ?? '') < (b.cause?.lastTransitionTime ?? '') ? 1 : -1));
  return (
    <section className="card" aria-label="Recent failures">
      <header><h2>Recent failures</h2>{failing.length > shown && <a className="small" href={href([], { sort: 'phase' })}>All {failing.length}</a>}</header>
      {failing.length === 0 && <p className="empty">Nothing is wrong.</p>}
      <ul className="failures">
        {failing.slice(0, shown).map(({ store, cause }) => (
          <li key={store.metadata.uid}>
            <div className="line"><a href={href(['stores', store.metadata.name])}>{store.metadata.name}</a><PhaseBadge phase={phaseOf(store)} />
              {cause && <code>{cause.reason}</code>}{cause && <Age time={cause.lastTransitionTime} />}</div>
            {cause && <p><Prose text={cause.message} /></p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Engines({ stores }: { stores: readonly Store[] }) {
  const { data: engines, error, refetch } = useEngines();
  const names = [...new Set([...(engines ?? []).map((engine) => engine.metadata.name), ...stores.map((store) => store.spec.engine)])];
  return (
    <section className="card" aria-label="Stores by engine">
      <header><h2>Engines</h2></header>
      <div className="body">
        {error && !engines && <Failure error={error} onRetry={() => void refetch()} />}
        <ul className="bars">
          {names.map((name) => {
            const own = stores.filter((store) => store.spec.engine === name);
            const byPhase = count(own, phaseOf);
            const engine = engines?.find((found) => found.metadata.name === name);
            return (
              <li key={name}>
                <div><a href={href([], { engine: name })}>{engine?.spec.displayName ?? name}</a><span>{own.length.toLocaleString('en')}</span></div>
                <div className="bar" role="img" aria-label={phases.filter((phase) => byPhase.has(phase)).map((phase) => `${byPhase.get(phase)} ${phase}`).join(', ') || 'no store'}>
                  {phases.filter((phase) => byPhase.has(phase)).map((phase) => <i key={phase} className={toneOf(phase)} style={{ flexGrow: byPhase.get(phase) ?? 0 }} />)}
                </div>
                <p className="hint">{engine ? `${engine.spec.description ?? ''} Versions ${engine.spec.versions.map((version) => version.name).join(', ')}; plans ${engine.spec.plans.map((plan) => plan.name).join(', ')}.` : 'Not installed any more.'}</p>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
