import type { Store } from '../api/types';
import { moment } from '../domain/age';
import { adviceFor, firstSentence } from '../domain/advice';
import { isTrouble, phaseOf, troubleOf } from '../domain/phase';
import { Age } from '../list/StoreRow';
import { Notice } from '../ui/Notice';
import { Prose } from '../ui/Prose';
import { Outside } from '../ui/Link';
import { Credentials } from './Credentials';
import { Timeline } from './Timeline';

export function Overview({ store }: { store: Store }) {
  return (
    <div className="overview">
      <div className="stack">
        <Cause store={store} />
        <Timeline store={store} />
        <Credentials store={store} />
      </div>
      <Facts store={store} />
    </div>
  );
}

/** Why it is not ready, and what to do about it, above everything else. */
function Cause({ store }: { store: Store }) {
  const cause = troubleOf(store);
  if (!cause) return null;
  const trouble = isTrouble(phaseOf(store));
  const advice = adviceFor(cause.reason);
  return (
    <Notice tone={trouble ? 'bad' : 'busy'} title={<><Prose text={advice ? firstSentence(advice.meaning) : cause.reason} />{advice && <code className="reason">{cause.reason}</code>}</>}>
      <Prose text={cause.message} />
      {trouble && advice && <span className="advice"><b>What to do</b> <Prose text={advice.action} /></span>}
    </Notice>
  );
}

function Facts({ store: { metadata, spec, status } }: { store: Store }) {
  const version = status?.engineVersion && status.engineVersion !== spec.version ? `${status.engineVersion} → ${spec.version}` : spec.version;
  return (
    <section className="card facts" aria-label="Facts">
      <header><h2>Facts</h2></header>
      <dl className="body">
        <dt>Engine</dt><dd>{spec.engine} {version}{status?.engineRevision && <span className="soft"> · {status.engineRevision}</span>}</dd>
        <dt>Plan</dt><dd>{spec.plan}</dd>
        <dt>Namespace</dt><dd><code>{status?.namespace ?? `store-${metadata.name}`}</code></dd>
        {spec.hosts && spec.hosts.length > 0 && <><dt>Domains</dt><dd>{spec.hosts.map((host) => <div key={host}>{host}</div>)}</dd></>}
        {spec.storage?.map((volume) => <div key={volume.name} className="pair"><dt>Volume {volume.name}</dt><dd>{String(volume.size ?? 'size of the plan')}{volume.storageClassName && ` · ${volume.storageClassName}`}</dd></div>)}
        <dt>Shop</dt><dd>{status?.url ? <Outside url={status.url} /> : '–'}</dd>
        <dt>Created</dt><dd><Age time={metadata.creationTimestamp} /> ago{status?.creator && ` by ${status.creator}`}</dd>
        <dt>First ready</dt><dd>{status?.readyTime ? moment(status.readyTime) : 'not yet'}</dd>
        <dt>Deletion</dt><dd>{spec.deletionProtection ? 'protected' : 'not protected'}</dd>
      </dl>
    </section>
  );
}
