/**
 * What went wrong with a call of the admin API: a problem that it told (RFC 9457), or that it was not reached at all.
 */
import { CardeaError } from '../errors.ts';

type Problem = {
  code: string;
  detail: string;
  errors?: readonly { pointer: string; detail: string }[];
  request_id?: string;
};

/** The problem of a response that is none of success. */
export function problemIn({ status, url }: Response, text: string): CardeaError {
  const problem = parsed(text);
  if (!problem) {
    const { origin } = new URL(url);
    return new CardeaError({
      ...{ code: 'unexpected_response', status },
      message: `${origin} responded with ${status} and no explanation. Is this the address of Cardea?`,
    });
  }
  const { code, detail, errors = [], request_id: requestId } = problem;
  const lines = errors.map((error) => `  ${error.pointer}: ${error.detail}`);
  const reference = requestId === undefined ? [] : [`  Request ID: ${requestId}`];
  return new CardeaError({ code, status, message: [detail, ...lines, ...reference].join('\n') });
}

export function unreachable(issuer: string, cause: unknown): CardeaError {
  return new CardeaError({
    ...{ code: 'unreachable', status: 503, cause },
    message: `${issuer} cannot be reached: ${reasonOf(cause)}.`,
  });
}

function parsed(text: string): Problem | undefined {
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem !== 'object' || problem === null) return undefined;
    return 'code' in problem && 'detail' in problem ? (problem as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it did not respond in time';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
}
