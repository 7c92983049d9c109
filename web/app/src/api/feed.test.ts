import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, NetworkError } from './errors';
import type { List, Stored } from './types';

vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
const { Feed } = await import('./feed');

type Item = Stored;
const item = (name: string, version = '1'): Item => ({ metadata: { name, uid: `uid-${name}`, resourceVersion: version } });

/** A server of which a test says how it answers; streams stay open until it ends them. */
class Server {
  lists: (List<Item> | Error)[] = [];
  watches: Error[] = [];
  asked: string[] = [];
  streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  #encoder = new TextEncoder();

  list = <T>(path: string): Promise<List<T>> => {
    this.asked.push(`list ${path}`);
    const answer = this.lists.shift() ?? new NetworkError('nothing listens');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as unknown as List<T>);
  };
  watch = (path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    this.asked.push(`watch from ${new URL(path, 'http://x').searchParams.get('resourceVersion')}`);
    const failure = this.watches.shift();
    if (failure) return Promise.reject(failure);
    return Promise.resolve(new ReadableStream({
      start: (controller) => {
        this.streams.push(controller);
        signal.addEventListener('abort', () => {
          try {
            controller.error(signal.reason);
          } catch {
            // It was closed before.
          }
        });
      },
    }));
  };
  now = () => Date.now();

  say(type: string, object: unknown) {
    this.streams.at(-1)?.enqueue(this.#encoder.encode(`${JSON.stringify({ type, object })}\n`));
  }
  end = () => this.streams.at(-1)?.close();
}

const expired = new ApiError(410, 'Expired', 'too old');
let server: Server;
let feed: InstanceType<typeof Feed<Item>>;
let stop: () => void;
const names = () => feed.snapshot().items.map((found) => found.metadata.name);
const state = () => feed.snapshot().connection.state;
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  server.lists = [{ metadata: { resourceVersion: '10' }, items: [item('acme')] }];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function start() {
  feed = new Feed<Item>('/stores', server);
  stop = feed.subscribe(() => undefined);
  await pass(0);
}

describe('a feed', () => {
  test('watches from the version of its list, and goes on from the last bookmark', async () => {
    await start();
    expect(state()).toBe('live');
    server.say('ADDED', item('beta', '11'));
    server.say('BOOKMARK', item('', '25'));
    await pass(2000);
    expect(names()).toEqual(['acme', 'beta']);
    server.end();
    await pass(0);
    expect(server.asked).toEqual(['list /stores', 'watch from 10', 'watch from 25']);
  });

  test('shows changes and deletions, many at once', async () => {
    await start();
    let told = 0;
    const quiet = feed.subscribe(() => told++);
    for (let index = 0; index < 500; index++) server.say('ADDED', item(`s${index}`, '11'));
    server.say('DELETED', item('acme', '12'));
    await pass(150);
    quiet();
    expect(names()).toHaveLength(500);
    expect(told).toBe(1);
  });

  test('an item that was made anew under its name is another', async () => {
    await start();
    server.say('ADDED', { metadata: { name: 'acme', uid: 'other', resourceVersion: '11' } });
    server.say('DELETED', item('acme', '12'));
    await pass(150);
    expect(feed.snapshot().items.map((found) => found.metadata.uid)).toEqual(['other']);
  });

  test('lists again when its version has been forgotten, in the answer or in the stream', async () => {
    server.lists.push({ metadata: { resourceVersion: '50' }, items: [item('fresh')] });
    await start();
    await pass(5000);
    server.say('ERROR', { code: 410, reason: 'Expired', message: 'too old' });
    await pass(0);
    expect(names()).toEqual(['fresh']);
    expect(server.asked).toEqual(['list /stores', 'watch from 10', 'list /stores', 'watch from 50']);
  });

  test('does not list without pause when each version is forgotten at once', async () => {
    server.lists.push(...Array.from({ length: 50 }, () => ({ metadata: { resourceVersion: '10' }, items: [] })));
    server.watches = Array.from({ length: 50 }, () => expired);
    await start();
    await pass(3000);
    expect(server.asked.filter((asked) => asked.startsWith('list')).length).toBeLessThan(6);
  });

  test.each([
    { name: 'connection lost', failure: new NetworkError('gone') },
    { name: '429', failure: new ApiError(429, 'TooManyRequests', 'slow down', [], 1) },
    { name: '500', failure: new ApiError(500, 'InternalError', 'broken') },
    { name: '503', failure: new ApiError(503, 'ServiceUnavailable', 'starting') },
  ])('keeps what it has and comes back: $name', async ({ failure }) => {
    await start();
    server.watches = [failure, failure];
    await pass(5000);
    server.end();
    await pass(100);
    expect(state()).toBe('retrying');
    expect(names()).toEqual(['acme']);
    await pass(10_000);
    expect(state()).toBe('live');
    expect(server.asked.filter((asked) => asked.startsWith('list'))).toHaveLength(1);
  });

  test('waits as long as the server asks', async () => {
    server.lists.unshift(new ApiError(429, 'TooManyRequests', 'slow down', [], 20));
    await start();
    await pass(19_000);
    expect(server.asked).toEqual(['list /stores']);
    await pass(2_000);
    expect(names()).toEqual(['acme']);
  });

  // A server that has just started knows neither roles nor whom to believe, and refuses.
  test('a refusal is shown as one, and tried again', async () => {
    server.lists.unshift(new ApiError(403, 'Forbidden', 'no'));
    await start();
    expect(state()).toBe('denied');
    await pass(5000);
    expect(state()).toBe('live');
  });

  test('asks nobody again by itself after 401, and at once when told', async () => {
    server.lists.unshift(new ApiError(401, '', 'no'));
    await start();
    expect(state()).toBe('denied');
    await pass(600_000);
    expect(server.asked).toEqual(['list /stores']);
    feed.retry();
    await pass(0);
    expect(state()).toBe('live');
  });

  test('a stream that is silent for longer than bookmarks take has been lost', async () => {
    await start();
    await pass(149_000);
    expect(server.asked).toHaveLength(2);
    await pass(5_000);
    expect(server.asked.slice(2)).toEqual(['watch from 10']);
    expect(state()).toBe('live');
  });

  test('a server that ends every watch at once is not asked without pause', async () => {
    await start();
    const ending = setInterval(() => {
      try {
        server.end();
      } catch {
        // It has been ended.
      }
    }, 1);
    await pass(5_000);
    clearInterval(ending);
    expect(server.asked.length).toBeLessThan(8);
  });

  test('nothing runs once nobody listens', async () => {
    await start();
    stop();
    await pass(600_000);
    expect(server.asked).toHaveLength(2);
  });
});
