// The address below the page's own: everything after #. No server needs to know
// of it, so the page works below any prefix.
import { useSyncExternalStore } from 'react';

export interface Route {
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const steps = path.split('/').filter(Boolean).map((step) => {
    try {
      return decodeURIComponent(step);
    } catch {
      return step;
    }
  });
  return { path: steps, query: new URLSearchParams(query) };
}

export function href(path: readonly string[], query: Record<string, string | undefined> = {}): string {
  const parameters = new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1])));
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
let subscribed = false;

function subscribe(listener: () => void) {
  if (!subscribed) window.addEventListener('hashchange', tell);
  subscribed = true;
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let known = { hash: '\0', route: parse('') };

function current(): Route {
  const { hash } = window.location;
  if (known.hash !== hash) known = { hash, route: parse(hash) };
  return known.route;
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);

export function go(to: string, replace = false) {
  if (!replace) {
    window.location.hash = to;
    return;
  }
  window.history.replaceState(null, '', to);
  tell();
}
