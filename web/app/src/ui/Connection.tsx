import { explain } from '../api/errors';
import type { Connection } from '../api/feed';
import { useNow } from '../state/clock';
import { age } from '../domain/age';
import { Failure, Notice } from './Notice';

const words = {
  connecting: { text: 'Connecting', tone: 'calm' },
  live: { text: 'Live', tone: 'good' },
  retrying: { text: 'Reconnecting', tone: 'warn' },
  denied: { text: 'Not connected', tone: 'bad' },
} as const;

/** Whether what is shown is how things are. */
export function ConnectionState({ connection }: { connection: Connection }) {
  const { text, tone } = words[connection.state];
  return <span className={`connection ${tone}`} role="status">{text}</span>;
}

/** What stands between the page and the server, and what is shown meanwhile. */
export function ConnectionBanner({ connection, listed, retry }: { connection: Connection; listed: boolean; retry: () => void }) {
  const now = useNow();
  if (connection.state === 'denied') return <div className="banner"><Failure error={connection.error} onRetry={retry} /></div>;
  if (connection.state !== 'retrying') return null;
  const { title, text } = explain(connection.error);
  const wait = Math.max(0, Math.ceil((connection.next - now) / 1000));
  return (
    <div className="banner">
      <Notice tone="warn" title={title} role="status"
        action={<button type="button" className="button compact" onClick={retry}>Try now</button>}>
        {text}{' '}
        <span aria-hidden="true">
          {listed && `What you see is of ${age(new Date(connection.since).toISOString(), now)} ago. `}
          {wait > 0 ? `Next attempt in ${wait} s.` : 'Trying …'}
        </span>
      </Notice>
    </div>
  );
}
