import type { Store } from '../api/types';
import { Code } from '../ui/Code';

/** Where the merchant's login is. The page never reads it: a secret is not for a list on a screen. */
export function Credentials({ store }: { store: Store }) {
  const secret = store.status?.adminSecretRef;
  return (
    <section className="card" aria-label="Credentials">
      <header><h2>The merchant’s login</h2></header>
      <div className="body stack">
        {secret ? (
          <>
            <p>It is in Secret <code>{secret.name}</code> of namespace <code>{secret.namespace}</code>, under <code>username</code> and <code>password</code>. Whoever may read secrets there reads it with</p>
            <Code label="command" text={`kubectl -n ${secret.namespace} get secret ${secret.name} -o go-template='{{range $k, $v := .data}}{{$k}}: {{base64decode $v}}{{"\\n"}}{{end}}'`} />
          </>
        ) : <p className="soft">It is made with the shop.</p>}
      </div>
    </section>
  );
}
