// One request to the Kubernetes API, at this page's own origin.
import { ApiError, errorOfResponse, NetworkError } from './errors';
import { session } from './session';

export interface Options {
  method?: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  /** Sent instead of the session's token, to try one out. */
  token?: string;
  signal?: AbortSignal | undefined;
  /** How long the answer may take to begin, in milliseconds; a stream may last. */
  timeout?: number;
}

const patience = 30_000;

/** Sends it; anything but success is thrown as an ApiError or a NetworkError. */
export async function send(path: string, options: Options = {}): Promise<Response> {
  const headers = new Headers({ Accept: options.accept ?? 'application/json' });
  const token = options.token ?? session.token;
  if (token !== '') headers.set('Authorization', `Bearer ${token}`);
  if (options.body !== undefined) headers.set('Content-Type', options.contentType ?? 'application/json');

  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), options.timeout ?? patience);
  const stop = () => abort.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  let response: Response;
  try {
    if (options.signal?.aborted) abort.abort();
    response = await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: abort.signal,
      // A cookie is a login proxy's; the API itself has none.
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new NetworkError(error);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  const failure = await errorOfResponse(response);
  if (failure.unauthorized && options.token === undefined) session.refuse();
  throw failure;
}

/** Sends it and reads the answer as JSON. */
export async function fetchJSON<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    // A server that is killed in the middle of an answer.
    if (error instanceof TypeError) throw new NetworkError(error);
    throw new ApiError(response.status, '', 'the answer is not JSON: this page is not served beside a Kubernetes API');
  }
}
