import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { explain } from '../api/errors';
import { fetchJSON } from '../api/request';
import { session } from '../api/session';
import { useSession } from '../state/queries';
import { Code } from './Code';
import { Dialog } from './Dialog';
import { Field } from '../form/Field';

const command = 'kubectl create token <service account> --namespace <namespace>';

/** Asks for a token over the page, which stays as it was with all that was typed. */
export function SignIn() {
  const { refused } = useSession();
  const [token, setToken] = useState('');
  const check = useMutation({
    mutationFn: (tried: string) => fetchJSON('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST', token: tried, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    }),
    onSuccess: (_, tried) => {
      setToken('');
      session.signIn(tried);
    },
  });
  const failure = check.isError ? [explain(check.error).title === 'Not signed in' ? 'The API server does not accept this token.' : explain(check.error).text] : [];
  return (
    <Dialog open={refused} title="Sign in" description="The API server does not know who you are. This page uses your own token and has no rights besides; it is kept in this tab only, and nothing that you typed is lost.">
      <form className="stack" onSubmit={(event) => { event.preventDefault(); check.mutate(token.trim()); }}>
        <Field label="Token" errors={failure}>
          {(props) => <input {...props} type="password" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />}
        </Field>
        <details>
          <summary className="small soft">Where do I get one?</summary>
          <Code label="command" text={command} />
        </details>
        <div className="actions">
          <button type="button" className="button" onClick={() => session.signIn('')}>Try without a token</button>
          <button type="submit" className="button primary" disabled={token.trim() === '' || check.isPending}>Sign in</button>
        </div>
      </form>
    </Dialog>
  );
}
