// A list that is kept current by a watch: listed once, watched from the list's
// version with bookmarks, watched again from the last version seen when the
// stream ends, and listed again only when that version has been forgotten. What
// was last seen stays while there is no connection, and it is said since when.
import { delay } from './backoff';
import { ApiError, errorOfStatus, NetworkError } from './errors';
import { lines } from './lines';
import { withQuery } from './paths';
import { send, fetchJSON } from './request';
import type { List, Status, Stored } from './types';

export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'retrying'; error: Error; since: number; next: number }
  /**
   * 401: nothing is tried until somebody signs in. 403 is tried again, later each time: rights are
   * given, and a server that has just started refuses for a moment what it will allow.
   */
  | { state: 'denied'; error: ApiError };

export interface Snapshot<T> {
  items: readonly T[];
  /** Whether there ever was a list. */
  listed: boolean;
  connection: Connection;
}

/** What a feed needs of the world; tests bring their own. */
export interface World {
  list<T>(path: string, signal: AbortSignal): Promise<List<T>>;
  watch(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  now(): number;
}

const world: World = {
  list: (path, signal) => fetchJSON(path, { signal }),
  watch: async (path, signal) => {
    const response = await send(path, { signal });
    if (response.body === null) throw new NetworkError('no body');
    return response.body;
  },
  now: () => Date.now(),
};

/** Bookmarks come about every minute: a stream that is silent for longer has been lost. */
const silence = 150_000;
/** A watch that ends sooner counts as a failure, or a server that ends each at once would be asked without pause. */
const brief = 1_000;
/** Changes are shown together: 2,000 stores that all move cost ten renderings a second, not 2,000. */
const gather = 100;

interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

export class Feed<T extends Stored> {
  #items = new Map<string, T>();
  #snapshot: Snapshot<T> = { items: [], listed: false, connection: { state: 'connecting' } };
  #listeners = new Set<() => void>();
  #abort: AbortController | undefined;
  #wake: (() => void) | undefined;
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly path: string, private readonly outside: World = world) {}

  /** Runs while somebody listens. */
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      void this.#run(this.#abort.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#abort?.abort();
      this.#abort = undefined;
      clearTimeout(this.#pending);
      this.#pending = undefined;
    };
  };

  snapshot = () => this.#snapshot;

  /** Tries now rather than when the next attempt is due. */
  retry = () => this.#wake?.();

  async #run(signal: AbortSignal) {
    let version: string | undefined;
    let attempt = 0;
    while (!signal.aborted) {
      let started = this.outside.now();
      let fresh = false;
      try {
        if (version === undefined) {
          version = await this.#list(signal);
          fresh = true;
        }
        started = this.outside.now();
        const seen = await this.#watch(version, signal, (newer) => (version = newer));
        if (!seen && this.outside.now() - started < brief) throw new NetworkError('the watch ended at once');
        attempt = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.expired) {
          version = undefined;
          // Unless it was forgotten as soon as it was listed, that is the way of things.
          if (!fresh || this.outside.now() - started >= brief) continue;
        }
        if (this.outside.now() - started > brief * 10) attempt = 0;
        await this.#pause(error as Error, attempt++, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const found = await this.outside.list<T>(this.path, signal);
    this.#items = new Map(found.items.map((item) => [item.metadata.uid, item]));
    this.#snapshot = { ...this.#snapshot, listed: true };
    this.#show();
    return found.metadata.resourceVersion;
  }

  /** Reads one stream to its end, and returns whether anything came. */
  async #watch(version: string, signal: AbortSignal, advance: (version: string) => void): Promise<boolean> {
    const stream = new AbortController();
    const stop = () => stream.abort();
    signal.addEventListener('abort', stop, { once: true });
    let timer = setTimeout(stop, silence);
    let seen = false;
    try {
      const path = withQuery(this.path, { watch: 1, allowWatchBookmarks: true, resourceVersion: version });
      const body = await this.outside.watch(path, stream.signal);
      this.#connect({ state: 'live' });
      for await (const line of lines(body)) {
        clearTimeout(timer);
        timer = setTimeout(stop, silence);
        seen = true;
        advance(this.#take(JSON.parse(line) as WatchEvent<T>));
      }
      return seen;
    } catch (error) {
      if (error instanceof ApiError || signal.aborted) throw error;
      throw error instanceof NetworkError ? error : new NetworkError(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      stream.abort();
    }
  }

  #take({ type, object }: WatchEvent<T>): string {
    switch (type) {
      case 'ERROR':
        throw errorOfStatus(object as unknown as Status, 500);
      case 'DELETED':
        this.#items.delete(object.metadata.uid);
        this.#soon();
        break;
      case 'ADDED':
      case 'MODIFIED':
        this.#items.set(object.metadata.uid, object);
        this.#soon();
        break;
      case 'BOOKMARK':
        break;
    }
    return object.metadata.resourceVersion;
  }

  async #pause(error: Error, attempt: number, signal: AbortSignal) {
    const denied = error instanceof ApiError && (error.unauthorized || error.forbidden);
    const wait = delay(attempt, error);
    if (denied) this.#connect({ state: 'denied', error });
    else {
      const before = this.#snapshot.connection;
      const now = this.outside.now();
      this.#connect({ state: 'retrying', error, since: before.state === 'retrying' ? before.since : now, next: now + wait });
    }
    await new Promise<void>((resolve) => {
      const timer = error instanceof ApiError && error.unauthorized ? undefined : setTimeout(resolve, wait);
      const now = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake = now;
      signal.addEventListener('abort', now, { once: true });
    });
    this.#wake = undefined;
  }

  #connect(connection: Connection) {
    this.#snapshot = { ...this.#snapshot, connection };
    this.#tell();
  }

  #soon() {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.#show();
    }, gather);
  }

  #show() {
    this.#snapshot = { ...this.#snapshot, items: [...this.#items.values()] };
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
