import type { ReactNode } from 'react';
import { explain } from '../api/errors';
import type { Tone } from '../domain/phase';

interface Properties {
  tone: Tone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  role?: 'alert' | 'status';
}

export function Notice({ tone, title, children, action, role }: Properties) {
  return (
    <div className={`notice ${tone}`} role={role}>
      <div>
        <strong>{title}</strong>
        {children && <p>{children}</p>}
      </div>
      {action}
    </div>
  );
}

/** A failed request, in words, with the way on where there is one. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { title, text } = explain(error);
  return (
    <Notice tone="bad" title={title} role="alert"
      action={onRetry && <button type="button" className="button compact" onClick={onRetry}>Try again</button>}>
      {text}
    </Notice>
  );
}
