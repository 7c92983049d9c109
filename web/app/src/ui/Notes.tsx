import { dismiss, useNotes } from '../state/announce';
import { Cross } from './icons';

export function Notes() {
  const notes = useNotes();
  return (
    <ul className="notes" aria-live="polite" aria-label="Notices">
      {notes.map((note) => (
        <li key={note.id} className={note.tone}>
          <span>{note.text}</span>
          <button type="button" className="button plain compact" aria-label="Dismiss" onClick={() => dismiss(note.id)}><Cross /></button>
        </li>
      ))}
    </ul>
  );
}
