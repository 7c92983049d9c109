import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, errorOfResponse, explain, NetworkError } from './errors';
import { lines } from './lines';
import { delay } from './backoff';

const kept = new Map<string, string>();
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});
const { fetchJSON, send } = await import('./request');
const { session } = await import('./session');

function answer(body: string, init: ResponseInit = {}) {
  const fetched = vi.fn<(path: string, init: RequestInit & { headers: Headers }) => Promise<Response>>(() => Promise.resolve(new Response(body, init)));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

afterEach(() => session.signIn(''));

test('a token is sent as a bearer, and none where there is none', async () => {
  const fetched = answer('{}');
  await send('/apis');
  session.signIn(' secret\n');
  await send('/apis');
  expect(fetched.mock.calls.map(([, init]) => init.headers.get('Authorization'))).toEqual([null, 'Bearer secret']);
});

test('a refused token asks for another, but one that is only tried does not', async () => {
  answer('{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}', { status: 401 });
  await expect(send('/apis', { token: 'try' })).rejects.toMatchObject({ code: 401 });
  expect(session.refused).toBe(false);
  await expect(send('/apis')).rejects.toMatchObject({ code: 401 });
  expect(session.refused).toBe(true);
});

test('no answer is an error of the network', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(send('/apis')).rejects.toBeInstanceOf(NetworkError);
});

test('a page instead of JSON is named', async () => {
  answer('<!doctype html>');
  await expect(fetchJSON('/apis')).rejects.toThrow('not served beside a Kubernetes API');
});

test('causes keep their fields, and Retry-After its seconds', async () => {
  const status = { message: 'no', reason: 'Invalid', code: 422, details: { causes: [{ field: 'spec.plan', message: 'Required value' }] } };
  const error = await errorOfResponse(new Response(JSON.stringify(status), { status: 422, headers: { 'Retry-After': '7' } }));
  expect(error).toMatchObject({ code: 422, causes: [{ field: 'spec.plan', message: 'Required value' }], retryAfter: 7 });
});

test('the words of a proxy are told, and not all of them', async () => {
  const error = await errorOfResponse(new Response('bad gateway '.repeat(100), { status: 502 }));
  expect(error.message).toHaveLength(200);
});

test.each([
  [new ApiError(401, '', ''), 'Not signed in'],
  [new ApiError(403, '', ''), 'Not allowed'],
  [new ApiError(404, '', ''), 'Not found'],
  [new ApiError(409, 'Conflict', ''), 'Changed meanwhile'],
  [new ApiError(409, 'AlreadyExists', ''), 'The name is taken'],
  [new ApiError(422, '', ''), 'Not accepted'],
  [new ApiError(429, '', ''), 'The server is busy'],
  [new ApiError(503, '', ''), 'The server has trouble'],
  [new NetworkError(''), 'No connection'],
])('every failure has a state of its own: %s', (error, title) => {
  expect(explain(error).title).toBe(title);
});

test('lines are whole wherever the stream was cut, in the middle of a character too', async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\n\n{"b":1}\nrest');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const found: string[] = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, cut));
        controller.enqueue(bytes.slice(cut));
        controller.close();
      },
    });
    for await (const line of lines(body)) found.push(line);
    expect(found).toEqual(['{"a":"ä"}', '{"b":1}', 'rest']);
  }
});

test('a delay doubles up to half a minute, and is never shorter than asked', () => {
  const middle = () => 0.5;
  expect([0, 1, 2, 20].map((attempt) => delay(attempt, undefined, middle))).toEqual([500, 1000, 2000, 30_000]);
  expect(delay(0, new ApiError(429, '', '', [], 9), middle)).toBe(9000);
});
