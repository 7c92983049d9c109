import { useQuery } from '@tanstack/react-query';
import { namespaceOf } from '../api/paths';
import { fetchJSON } from '../api/request';
import type { List } from '../api/types';
import { kinds, rowOf, type Kind, type ObjectRow, type Part } from '../domain/objects';
import { useAccess } from '../state/queries';
import { Age } from '../list/StoreRow';
import { Failure } from '../ui/Notice';

/** What a shop is made of, and how each part is. Secrets are named by none of it. */
export function Objects({ store }: { store: string }) {
  return (
    <section className="card" aria-label="Objects">
      <div className="scroll">
        <table className="plain">
          <thead><tr><th scope="col">Kind</th><th scope="col">Name</th><th scope="col">State</th><th scope="col">Age</th></tr></thead>
          {kinds.map((kind) => <Rows key={kind.kind} kind={kind} namespace={namespaceOf(store)} />)}
        </table>
      </div>
    </section>
  );
}

function Rows({ kind, namespace }: { kind: Kind; namespace: string }) {
  const access = useAccess({ group: kind.group, resource: kind.resource, verb: 'list', namespace });
  const base = kind.group === '' ? '/api/v1' : `/apis/${kind.group}/v1`;
  const { data, error, refetch } = useQuery({
    queryKey: ['objects', namespace, kind.kind],
    queryFn: ({ signal }) => fetchJSON<List<Part>>(`${base}/namespaces/${namespace}/${kind.resource}`, { signal }),
    enabled: access.allowed === true,
    refetchInterval: 5000,
    staleTime: 0,
  });
  if (access.allowed === false) return <tbody><tr><td>{kind.kind}</td><td colSpan={3} className="soft">{access.refusal}</td></tr></tbody>;
  if (error && !data) return <tbody><tr><td>{kind.kind}</td><td colSpan={3}><Failure error={error} onRetry={() => void refetch()} /></td></tr></tbody>;
  return <tbody>{(data?.items ?? []).map((part) => <Row key={part.metadata.uid} row={rowOf(kind, part)} />)}</tbody>;
}

function Row({ row }: { row: ObjectRow }) {
  return (
    <tr>
      <td>{row.kind}</td>
      <td className="object">{row.name}</td>
      <td><span className={`badge ${row.tone}`}>{row.state}</span></td>
      <td><Age time={row.created} /></td>
    </tr>
  );
}
