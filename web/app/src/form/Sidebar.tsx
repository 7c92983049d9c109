import { stringify } from 'yaml';
import { explain } from '../api/errors';
import { Code } from '../ui/Code';
import type { Verdict } from './useDryRun';

/** The same in YAML, for whoever wants it in a repository or on a command line. */
export function Sidebar({ manifest, command, verdict }: { manifest: unknown; command: (yaml: string) => string; verdict: Verdict }) {
  const yaml = stringify(manifest);
  return (
    <aside className="sidebar stack" aria-label="The same for kubectl">
      <Judgement verdict={verdict} />
      <section className="card">
        <header><h2>The same as YAML</h2></header>
        <div className="body"><Code label="YAML" text={yaml} /></div>
      </section>
      <section className="card">
        <header><h2>The same with kubectl</h2></header>
        <div className="body"><Code label="kubectl command" text={command(yaml)} /></div>
      </section>
    </aside>
  );
}

function Judgement({ verdict }: { verdict: Verdict }) {
  const said = {
    unknown: ['calm', 'The server checks this as you type.'],
    asking: ['calm', 'The server is asked …'],
    accepted: ['good', 'The server would accept this.'],
    refused: ['warn', 'The server would not accept this yet.'],
    unreachable: ['bad', verdict.state === 'unreachable' ? `It cannot be checked now: ${explain(verdict.error).text}` : ''],
  } as const;
  const [tone, text] = said[verdict.state];
  return <p className={`notice ${tone}`} role="status" data-verdict={verdict.state}>{text}</p>;
}
