import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import type { Store } from '../api/types';
import type { Column, Selection } from '../domain/selection';
import { StoreRow } from './StoreRow';

interface Properties {
  stores: readonly Store[];
  selection: Selection;
  onChange: (changed: Partial<Selection>) => void;
}

const heads: { title: string; column?: Column }[] = [
  { title: 'Name', column: 'name' }, { title: 'Phase', column: 'phase' }, { title: 'Engine', column: 'engine' }, { title: 'Plan', column: 'plan' },
  { title: 'Reason' }, { title: 'Shop' }, { title: 'Age', column: 'age' },
];

const narrow = window.matchMedia('(max-width: 900px)');
const useNarrow = () => useSyncExternalStore((listener) => {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
}, () => narrow.matches);

/** Only the rows on the screen exist, however many stores there are. */
export function StoreTable({ stores, selection, onChange }: Properties) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [offset, setOffset] = useState(0);
  const height = useNarrow() ? 118 : 58;
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), [height]);
  const rows = useWindowVirtualizer({
    count: stores.length,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: offset,
    getItemKey: (index) => stores[index]?.metadata.uid ?? index,
  });
  const measure = rows.measure;
  useLayoutEffect(() => measure(), [height, measure]);

  const shown = rows.getVirtualItems();
  const above = (shown[0]?.start ?? offset) - offset;
  const below = rows.getTotalSize() + offset - (shown.at(-1)?.end ?? offset);

  // Arrows, j and k move from store to store, past what is on the screen, too.
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
    const row = (event.target as HTMLElement).closest('tr');
    if (step === 0 || !row?.dataset.index || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const index = Math.min(stores.length - 1, Math.max(0, Number(row.dataset.index) + step));
    rows.scrollToIndex(index);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`tr[data-index="${index}"] a`)?.focus());
  };

  const sort = (column: Column) => onChange(
    selection.sort === column ? { descending: !selection.descending } : { sort: column, descending: false });

  return (
    <div className="card table">
      <table role="table" aria-label="Stores" aria-rowcount={stores.length + 1}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {heads.map(({ title, column }) => (
              <th key={title} role="columnheader" scope="col"
                aria-sort={column && selection.sort === column ? (selection.descending ? 'descending' : 'ascending') : undefined}>
                {column ? <button type="button" onClick={() => sort(column)}>{title}</button> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body} onKeyDown={move}>
          {above > 0 && <tr aria-hidden="true" role="presentation"><td colSpan={heads.length} style={{ height: above }} /></tr>}
          {shown.map(({ index, key }) => {
            const store = stores[index];
            return store && <StoreRow key={key} store={store} index={index} />;
          })}
          {below > 0 && <tr aria-hidden="true" role="presentation"><td colSpan={heads.length} style={{ height: below }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}
