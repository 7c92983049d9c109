import { ApiError } from './errors';

const first = 500;
const longest = 30_000;

/** Milliseconds until the next attempt: doubling, spread, and never sooner than the server asks. */
export function delay(attempt: number, error: unknown, random = Math.random): number {
  const doubled = Math.min(longest, first * 2 ** Math.min(attempt, 10));
  const spread = doubled * (0.75 + random() * 0.5);
  const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(spread, asked);
}
