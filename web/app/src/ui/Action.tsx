import { useId, type ReactNode } from 'react';
import type { Access } from '../state/queries';

interface Properties {
  access: Access;
  onClick: () => void;
  kind?: string;
  children: ReactNode;
  /** Another reason why it cannot be done now. */
  obstacle?: string | undefined;
}

/**
 * A button for what may be forbidden. It stays where the keyboard finds it, and
 * says why it does nothing: a button that is merely missing explains nothing.
 */
export function Action({ access, onClick, kind = '', children, obstacle }: Properties) {
  const id = useId();
  const why = access.refusal || obstacle || '';
  const disabled = access.allowed !== true || why !== '';
  return (
    <>
      <button type="button" className={`button ${kind}`} aria-disabled={disabled} title={why || undefined}
        aria-describedby={why ? id : undefined} onClick={disabled ? undefined : onClick}>
        {children}
      </button>
      {why && <span id={id} className="hidden">{why}</span>}
    </>
  );
}
