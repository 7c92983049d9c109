import { useState } from 'react';
import { corePath, namespaceOf } from '../api/paths';
import type { Pod } from '../api/types';
import { containersOf, interesting } from '../domain/pod';
import { useFeed } from '../state/feeds';
import { useAccess } from '../state/queries';
import { Age } from '../list/StoreRow';
import { Action } from '../ui/Action';
import { ConnectionBanner } from '../ui/Connection';
import { Log } from './Log';

export function Pods({ store }: { store: string }) {
  const namespace = namespaceOf(store);
  const feed = useFeed<Pod>(corePath(namespace, 'pods'));
  const logs = useAccess({ group: '', resource: 'pods', subresource: 'log', verb: 'get', namespace });
  const [open, setOpen] = useState<{ pod: string; container: string }>();
  const pods = [...feed.items].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return (
    <div className="stack">
      <section className="card" aria-label="Pods">
        {feed.connection.state !== 'live' && feed.connection.state !== 'connecting' && <div className="inset"><ConnectionBanner {...feed} /></div>}
        {feed.listed && pods.length === 0 && <p className="empty">The shop has no pod now.</p>}
        {pods.length > 0 && (
          <div className="scroll">
            <table className="plain">
              <thead><tr><th scope="col">Pod</th><th scope="col">Containers</th><th scope="col">Restarts</th><th scope="col">Node</th><th scope="col">Age</th><th scope="col"><span className="hidden">Log</span></th></tr></thead>
              <tbody>
                {pods.map((pod) => {
                  const containers = containersOf(pod);
                  return (
                    <tr key={pod.metadata.uid}>
                      <td className="object">{pod.metadata.name}</td>
                      <td><div className="badges">{containers.map((container) => <span key={container.name} className={`badge ${container.tone}`} title={container.name}>{container.name}: {container.state}</span>)}</div></td>
                      <td className="number">{containers.reduce((sum, container) => sum + container.restarts, 0)}</td>
                      <td>{pod.spec.nodeName ?? '–'}</td>
                      <td><Age time={pod.metadata.creationTimestamp} /></td>
                      <td><Action kind="compact" access={logs} onClick={() => setOpen({ pod: pod.metadata.name, container: interesting(pod) })}>Log<span className="hidden"> of {pod.metadata.name}</span></Action></td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {open && <Log key={`${open.pod}/${open.container}`} namespace={namespace} {...open}
        containers={pods.find((pod) => pod.metadata.name === open.pod)?.spec.containers.map(({ name }) => name) ?? []}
        onContainer={(container) => setOpen({ ...open, container })} onClose={() => setOpen(undefined)} />}
    </div>
  );
}
