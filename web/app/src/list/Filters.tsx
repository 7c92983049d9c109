import { useEffect, useRef } from 'react';
import type { Store } from '../api/types';
import { phaseOf, phases, toneOf } from '../domain/phase';
import { count, type Selection } from '../domain/selection';
import { useEngines } from '../state/queries';
import { Search } from '../ui/icons';

interface Properties {
  stores: readonly Store[];
  selection: Selection;
  onChange: (changed: Partial<Selection>) => void;
}

export function Filters({ stores, selection, onChange }: Properties) {
  const search = useRef<HTMLInputElement>(null);
  useSlash(search);
  const { data: engines } = useEngines();
  const byPhase = count(stores, phaseOf);
  const names = [...new Set([...stores.map((store) => store.spec.engine), ...(engines ?? []).map((engine) => engine.metadata.name)])].sort();
  const titles = new Map((engines ?? []).map((engine) => [engine.metadata.name, engine.spec.displayName]));
  return (
    <div className="filters" role="search">
      <label className="search">
        <Search />
        <span className="hidden">Search stores</span>
        <input ref={search} type="search" placeholder="Search names, hosts, reasons …" value={selection.text}
          onChange={(event) => onChange({ text: event.target.value })} />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <div className="chips" role="group" aria-label="Phase">
        <button type="button" className="chip" aria-pressed={selection.phase === ''} onClick={() => onChange({ phase: '' })}>All</button>
        {phases.filter((phase) => byPhase.has(phase) || selection.phase === phase).map((phase) => (
          <button key={phase} type="button" className={`chip ${toneOf(phase)}`} aria-pressed={selection.phase === phase}
            onClick={() => onChange({ phase: selection.phase === phase ? '' : phase })}>
            <i aria-hidden="true" />{phase} <b>{(byPhase.get(phase) ?? 0).toLocaleString('en')}</b>
          </button>
        ))}
      </div>
      <select aria-label="Engine" value={selection.engine} onChange={(event) => onChange({ engine: event.target.value })}>
        <option value="">All engines</option>
        {names.map((name) => <option key={name} value={name}>{titles.get(name) ?? name}</option>)}
      </select>
    </div>
  );
}

/** `/` goes to the search, as in many a list. */
function useSlash(search: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || target.closest('input, textarea, select, [role="alertdialog"]')) return;
      event.preventDefault();
      search.current?.focus();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [search]);
}
