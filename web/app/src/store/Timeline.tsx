import type { Store } from '../api/types';
import { adviceFor } from '../domain/advice';
import { timeline, type Stage } from '../domain/timeline';
import { Age } from '../list/StoreRow';
import { Check } from '../ui/icons';
import { Prose } from '../ui/Prose';

const words = { done: 'done', current: 'under way', blocked: 'stands in the way', waiting: 'not begun' } as const;

export function Timeline({ store }: { store: Store }) {
  if (store.metadata.deletionTimestamp) return null;
  return (
    <section className="card" aria-label="Conditions">
      <header><h2>From order to shop</h2></header>
      <ol className="timeline body">
        {timeline(store).map((stage) => <Step key={stage.type} stage={stage} />)}
      </ol>
    </section>
  );
}

function Step({ stage }: { stage: Stage }) {
  const { type, title, state, reason, message, since, outdated } = stage;
  const advice = state === 'done' || state === 'waiting' ? undefined : adviceFor(reason);
  const todo = advice && !advice.action.startsWith('Nothing') ? advice.action : undefined;
  return (
    <li className={state} data-condition={type}>
      <i aria-hidden="true">{state === 'done' && <Check />}</i>
      <div>
        <h3>{title} <span className="hidden">: {words[state]}</span>
          {state !== 'done' && reason && <code className="reason">{reason}</code>}
          {since && <span className="soft small"><Age time={since} /> ago</span>}
        </h3>
        {state !== 'done' && <p><Prose text={message} /></p>}
        {todo && <p className="todo"><b>Next step</b> <Prose text={todo} /></p>}
        {outdated && <p className="soft small">Of the spec before; the new one is being looked at.</p>}
      </div>
    </li>
  );
}
