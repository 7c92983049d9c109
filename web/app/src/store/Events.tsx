import { corePath, namespaceOf, storeEventsPath } from '../api/paths';
import type { Event } from '../api/types';
import { useFeed } from '../state/feeds';
import { Age } from '../list/StoreRow';
import { ConnectionBanner } from '../ui/Connection';
import { Prose } from '../ui/Prose';

const timeOf = (event: Event) => event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? '';

/** What was recorded of the Store itself, and of the objects of its shop. */
export function Events({ store }: { store: string }) {
  const own = useFeed<Event>(storeEventsPath(store));
  const within = useFeed<Event>(corePath(namespaceOf(store), 'events'));
  const events = [...own.items, ...within.items].sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
  return (
    <section className="card" aria-label="Events">
      {[own, within].map((feed, index) => (feed.connection.state === 'denied' || feed.connection.state === 'retrying')
        && <div key={index} className="inset"><ConnectionBanner {...feed} /></div>)}
      {events.length === 0 && own.listed && <p className="empty">Nothing was recorded in the last hour. Events are kept for that long.</p>}
      {events.length > 0 && (
        <div className="scroll">
          <table className="plain">
            <thead><tr><th scope="col">Age</th><th scope="col">Kind</th><th scope="col">Reason</th><th scope="col">Object</th><th scope="col">Message</th></tr></thead>
            <tbody>
              {events.map((event) => (
                <tr key={event.metadata.uid}>
                  <td><Age time={timeOf(event)} /></td>
                  <td><span className={`badge ${event.type === 'Warning' ? 'warn' : 'calm'}`}>{event.type ?? 'Normal'}</span></td>
                  <td>{event.reason}{(event.series?.count ?? event.count ?? 1) > 1 && <span className="soft"> ×{event.series?.count ?? event.count}</span>}</td>
                  <td className="object">{event.involvedObject.kind}/{event.involvedObject.name}</td>
                  <td className="wide"><Prose text={event.message ?? ''} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
