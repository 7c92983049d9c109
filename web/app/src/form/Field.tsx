import { useId, type ReactNode } from 'react';

export interface ControlProps {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean;
}

interface Properties {
  label: string;
  hint?: ReactNode;
  errors?: readonly string[] | undefined;
  children: (props: ControlProps) => ReactNode;
}

/** A labelled control with its hint and its errors, which belong together for a screen reader, too. */
export function Field({ label, hint, errors = [], children }: Properties) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', errors.length > 0 ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': errors.length > 0 })}
      {errors.length > 0 && <Complaint id={`${id}-error`} errors={errors} />}
      {hint && <p id={`${id}-hint`} className="hint">{hint}</p>}
    </div>
  );
}

export function Complaint({ id, errors }: { id?: string; errors: readonly string[] }) {
  return (
    <ul id={id} className="errors">
      {errors.map((error) => <li key={error}>{error}</li>)}
    </ul>
  );
}
