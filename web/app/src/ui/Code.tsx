import { useState } from 'react';
import { announce } from '../state/announce';

/** Text to take along. */
export function Code({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // Only pages of a secure origin may write to the clipboard.
      announce('The browser does not let this page copy: select the text and copy it.', 'bad');
    }
  };
  return (
    <div className="code">
      <pre tabIndex={0} role="group" aria-label={label}><code>{text}</code></pre>
      <button type="button" className="button compact" onClick={() => void copy()} aria-label={`Copy ${label}`}>{copied ? 'Copied' : 'Copy'}</button>
    </div>
  );
}
