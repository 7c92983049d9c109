// Where things are.

export const group = '/apis/platform.example.io/v1alpha1';
export const storesPath = `${group}/stores`;
export const enginesPath = `${group}/engines`;

export type Query = Record<string, string | number | boolean | undefined>;

export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  if (text === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

export const storePath = (name: string) => `${storesPath}/${encodeURIComponent(name)}`;

/** A list and watch of one store. */
export const oneStorePath = (name: string) => withQuery(storesPath, { fieldSelector: `metadata.name=${name}` });

export const namespaceOf = (store: string) => `store-${store}`;

export const corePath = (namespace: string, resource: string) =>
  `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;

/** Stores belong to the cluster, so what is recorded about them lies in namespace default. */
export const storeEventsPath = (store: string) =>
  withQuery(corePath('default', 'events'), { fieldSelector: `involvedObject.kind=Store,involvedObject.name=${store}` });
