// What happened, for those who do not see it happen, and a note for those who do.
import { useSyncExternalStore } from 'react';

export interface Note {
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'calm';
}

let notes: readonly Note[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(changed: readonly Note[]) {
  notes = changed;
  listeners.forEach((listener) => listener());
}

export const dismiss = (id: number) => set(notes.filter((note) => note.id !== id));

export function announce(text: string, tone: Note['tone'] = 'calm') {
  const note = { id: next++, text, tone };
  set([...notes.slice(-2), note]);
  setTimeout(() => dismiss(note.id), 8000);
}

export const useNotes = () => useSyncExternalStore((listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
}, () => notes);
