import { useEffect, useState } from 'react';
import { ApiError } from '../api/errors';

export type Verdict =
  | { state: 'unknown' }
  | { state: 'asking' }
  | { state: 'accepted' }
  | { state: 'refused'; error: ApiError }
  /** Nobody could say: the form can be sent all the same. */
  | { state: 'unreachable'; error: unknown };

/** How long nobody types before the server is asked. */
const pause = 350;

/**
 * Asks the server what it would say to this, without doing it, whenever it
 * changes. What it said last stays until it has said something else, or errors
 * would flicker with every key.
 */
export function useDryRun(key: string, ask: ((signal: AbortSignal) => Promise<unknown>) | undefined): Verdict {
  const [verdict, setVerdict] = useState<Verdict>({ state: 'unknown' });
  useEffect(() => {
    if (!ask) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      setVerdict((before) => (before.state === 'refused' ? before : { state: 'asking' }));
      ask(abort.signal).then(
        () => { if (!abort.signal.aborted) setVerdict({ state: 'accepted' }); },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const judged = error instanceof ApiError && !error.passing && !error.unauthorized;
          setVerdict(judged ? { state: 'refused', error } : { state: 'unreachable', error });
        },
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
    // The key says all of what is asked.
  }, [key]);
  return verdict;
}
