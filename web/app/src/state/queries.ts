// What is asked once and kept: engines, and who one is and what one may do.
import { QueryClient, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { delay } from '../api/backoff';
import { isPassing } from '../api/errors';
import { enginesPath } from '../api/paths';
import { fetchJSON } from '../api/request';
import { session } from '../api/session';
import type { Engine, List } from '../api/types';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (_, error) => isPassing(error),
      retryDelay: delay,
      staleTime: 60_000,
      // Whether there is a network is what the API's answers say.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

// Whoever signs in sees what they may see, and nothing of who was there before.
session.subscribe(() => {
  if (!session.refused) void queries.resetQueries();
});

export const useEngines = () => useQuery({
  queryKey: ['engines'],
  queryFn: ({ signal }) => fetchJSON<List<Engine>>(enginesPath, { signal }).then((list) => list.items),
});

export function useSession() {
  const refused = useSyncExternalStore(session.subscribe, () => session.refused);
  const token = useSyncExternalStore(session.subscribe, () => session.token);
  return { refused, signedIn: token !== '' };
}

interface SelfReview {
  status: { userInfo?: { username?: string; groups?: string[] } };
}

export const useWhoAmI = () => useQuery({
  queryKey: ['whoami'],
  queryFn: ({ signal }) => fetchJSON<SelfReview>('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    signal,
  }).then((review) => review.status.userInfo?.username ?? ''),
  staleTime: Infinity,
});

export interface Action {
  group?: string;
  resource: string;
  subresource?: string;
  verb: string;
  name?: string;
  namespace?: string;
}

interface AccessReview {
  status: { allowed: boolean; reason?: string };
}

export interface Access {
  /** Undefined until the answer is there: an action waits for it rather than fail. */
  allowed: boolean | undefined;
  /** In words, where it is not allowed. */
  refusal: string;
}

/** Asks the API server whether this user may do something, before the user tries. */
export function useAccess(action: Action): Access {
  const attributes = { group: 'platform.example.io', ...action };
  const { data } = useQuery({
    queryKey: ['access', attributes],
    queryFn: ({ signal }) => fetchJSON<AccessReview>('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attributes } },
      signal,
    }),
    staleTime: 30_000,
    refetchInterval: 60_000,
  });
  const allowed = data?.status.allowed;
  const what = [action.resource, action.subresource].filter(Boolean).join('/');
  const where = action.namespace ? ` in namespace ${action.namespace}` : '';
  return { allowed, refusal: allowed === false ? `Your account may not ${action.verb} ${what}${where}.` : '' };
}
