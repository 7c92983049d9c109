import { useEffect, useRef, useState } from 'react';
import { lines } from '../api/lines';
import { corePath, withQuery } from '../api/paths';
import { send } from '../api/request';
import { Failure } from '../ui/Notice';

interface Properties {
  namespace: string;
  pod: string;
  container: string;
  containers: string[];
  onContainer: (container: string) => void;
  onClose: () => void;
}

/** As much as is worth reading: a log has no end. */
const kept = 2000;

export function Log({ namespace, pod, container, containers, onContainer, onClose }: Properties) {
  const [text, setText] = useState<readonly string[]>([]);
  const [state, setState] = useState<'reading' | 'ended'>('reading');
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  const box = useRef<HTMLPreElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  useEffect(() => {
    const abort = new AbortController();
    let gathered: string[] = [];
    const flush = () => {
      if (gathered.length === 0) return;
      const fresh = gathered;
      gathered = [];
      setText((before) => [...before, ...fresh].slice(-kept));
    };
    const timer = setInterval(flush, 150);
    const read = async () => {
      const path = withQuery(`${corePath(namespace, 'pods')}/${encodeURIComponent(pod)}/log`, { container, follow: true, tailLines: 500 });
      const response = await send(path, { signal: abort.signal, accept: '*/*' });
      if (response.body) for await (const line of lines(response.body)) gathered.push(line);
    };
    setText([]);
    setError(undefined);
    setState('reading');
    read().catch((failure: unknown) => { if (!abort.signal.aborted) setError(failure); }).finally(() => {
      if (abort.signal.aborted) return;
      flush();
      setState('ended');
    });
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [namespace, pod, container, attempt]);

  // Follows the end, unless somebody reads further up.
  useEffect(() => {
    const element = box.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 200) element.scrollTop = element.scrollHeight;
  }, [text]);

  return (
    <section className="card" aria-label={`Log of ${pod}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>Log of {pod}</h2>
        {containers.length > 1 && (
          <select aria-label="Container" value={container} onChange={(event) => onContainer(event.target.value)}>
            {containers.map((name) => <option key={name}>{name}</option>)}
          </select>
        )}
        <span className="soft small" role="status">{state === 'reading' ? 'following' : 'ended'}</span>
        {state === 'ended' && <button type="button" className="button compact" onClick={() => setAttempt(attempt + 1)}>Read again</button>}
        <button type="button" className="button compact" onClick={onClose}>Close</button>
      </header>
      {error !== undefined && <div className="inset"><Failure error={error} /></div>}
      <pre ref={box} className="log" tabIndex={0} role="log" aria-live="off" aria-label={`Log lines of ${pod}`}>
        {text.length > 0 ? text.join('\n') : state === 'reading' ? 'Waiting for the first line …' : error === undefined ? 'The log is empty.' : ''}
      </pre>
    </section>
  );
}
