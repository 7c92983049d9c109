import { memo } from 'react';
import type { Store } from '../api/types';
import { age, moment } from '../domain/age';
import { phaseOf, troubleOf } from '../domain/phase';
import { useNow } from '../state/clock';
import { href } from '../state/route';
import { PhaseBadge } from '../ui/Badge';
import { Outside } from '../ui/Link';

export const StoreRow = memo(function StoreRow({ store, index }: { store: Store; index: number }) {
  const { metadata, spec, status } = store;
  const trouble = troubleOf(store);
  return (
    <tr role="row" data-index={index} aria-rowindex={index + 2}>
      <td role="cell" className="name">
        <a href={href(['stores', metadata.name])}>{metadata.name}</a>
        {spec.displayName && <small title={spec.displayName}>{spec.displayName}</small>}
      </td>
      <td role="cell" className="phase"><PhaseBadge phase={phaseOf(store)} /></td>
      <td role="cell" className="engine">{spec.engine} <span className="soft">{status?.engineVersion ?? spec.version}</span></td>
      <td role="cell" className="plan">{spec.plan}</td>
      <td role="cell" className="reason" title={trouble?.message}>
        {trouble && <><span>{trouble.reason}</span><small>{trouble.message}</small></>}
      </td>
      <td role="cell" className="url"><Outside url={status?.url} /></td>
      <td role="cell" className="age"><Age time={metadata.creationTimestamp} /></td>
    </tr>
  );
});

/** Ticks by itself, so that a second costs a few cells and not the table. */
export function Age({ time }: { time: string | null | undefined }) {
  const now = useNow();
  return <time dateTime={time ?? undefined} title={moment(time)}>{age(time, now)}</time>;
}
