// What can go wrong with a request, told apart by type.
import type { Status } from './types';

export interface Cause {
  field: string;
  message: string;
}

/** The server answered, and not with success. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly causes: Cause[] = [],
    /** Seconds to wait, where the server said so. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** The version that was asked for has been forgotten: list again. */
  get expired() {
    return this.code === 410;
  }
  get unauthorized() {
    return this.code === 401;
  }
  get forbidden() {
    return this.code === 403;
  }
  get notFound() {
    return this.code === 404;
  }
  get conflict() {
    return this.code === 409 && this.reason === 'Conflict';
  }
  get invalid() {
    return this.code === 422;
  }
  /** The same request may well succeed later. */
  get passing() {
    return this.code === 429 || this.code >= 500;
  }
}

/** The server did not answer. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super('the API server does not answer', { cause });
    this.name = 'NetworkError';
  }
}

/** Makes an error of a Status, whether it is a response's body or a watch's event. */
export function errorOfStatus(status: Partial<Status>, code: number, retryAfter?: number): ApiError {
  const causes = (status.details?.causes ?? []).map((cause) => ({ field: cause.field ?? '', message: cause.message ?? '' }));
  return new ApiError(
    status.code ?? code,
    status.reason ?? '',
    status.message ?? `the API server answers ${code}`,
    causes,
    retryAfter ?? status.details?.retryAfterSeconds,
  );
}

export async function errorOfResponse(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const header = Number(response.headers.get('Retry-After') ?? NaN);
  const retryAfter = Number.isFinite(header) ? header : undefined;
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null) return errorOfStatus(status, response.status, retryAfter);
  } catch {
    // Not every answer comes from the API itself: a proxy on the way says it in its own words.
  }
  const words = text.trim().slice(0, 200);
  return new ApiError(response.status, '', words === '' ? `the API server answers ${response.status}` : words, [], retryAfter);
}

/** Whether it is worth trying again unasked. */
export function isPassing(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.passing);
}

export interface Explanation {
  title: string;
  text: string;
}

/** Says what happened and what follows from it. */
export function explain(error: unknown): Explanation {
  if (error instanceof NetworkError) {
    return { title: 'No connection', text: 'The API server does not answer. It is tried again by itself.' };
  }
  if (!(error instanceof ApiError)) {
    return { title: 'Something failed', text: error instanceof Error ? error.message : String(error) };
  }
  switch (true) {
    case error.unauthorized:
      return { title: 'Not signed in', text: 'The API server does not know who you are. Sign in; nothing that you typed is lost.' };
    case error.forbidden:
      return { title: 'Not allowed', text: error.message };
    case error.notFound:
      return { title: 'Not found', text: error.message };
    case error.conflict:
      return { title: 'Changed meanwhile', text: 'Somebody else changed this store after you opened it.' };
    case error.code === 409:
      return { title: 'The name is taken', text: error.message };
    case error.invalid:
      return { title: 'Not accepted', text: error.message };
    case error.code === 429:
      return { title: 'The server is busy', text: `It asks to wait${error.retryAfter ? ` ${error.retryAfter} s` : ' a moment'}.` };
    case error.code >= 500:
      return { title: 'The server has trouble', text: error.message };
    default:
      return { title: `The server answers ${error.code}`, text: error.message };
  }
}
