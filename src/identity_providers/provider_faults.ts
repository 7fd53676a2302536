/**
 * What went wrong at a provider, of whatever its requests or the library have thrown, and how long one may take.
 */
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { withinTime } from '../time_limit.ts';
import { ProviderFault } from './protocol.ts';

/** For all requests of one sign-in, so that a page says what is wrong before the time of the response is over. */
export const exchangeMs = 4000;

/** Throws ProviderFault. */
export async function inTime<Result>(exchange: Promise<Result>): Promise<Result> {
  const late = new ProviderFault('unavailable', `it took more than ${exchangeMs} ms`);
  const settled = exchange.catch((error: unknown) => faultOf(error, 'failed'));
  const result = await withinTime(settled, exchangeMs, late);
  if (result instanceof ProviderFault) throw result;
  return result;
}

/** What a request that got no answer at all is thrown as. */
function isUnanswered(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'OAUTH_TIMEOUT') return true;
  // fetch() has no other; the library throws these only for wrong use.
  return error instanceof TypeError;
}

/** `otherwise`: what it is if nothing more is known. */
export function faultOf(error: unknown, otherwise: 'failed' | 'unavailable'): ProviderFault {
  if (error instanceof ProviderFault) return error;
  if (error instanceof AuthorizationResponseError) {
    const { error: code, error_description: text = '' } = error;
    const problem =
      code === 'access_denied'
        ? 'declined'
        : ['server_error', 'temporarily_unavailable'].includes(code)
          ? 'unavailable'
          : 'failed';
    return new ProviderFault(problem, `it answered ${code}: ${text}`, error);
  }
  const problem = isUnanswered(error) ? 'unavailable' : otherwise;
  return new ProviderFault(problem, messagesOf(error), error);
}

/** The library's own words, and those of what was behind them. No token is in them. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  let at: unknown = error;
  while (at instanceof Error && messages.length < 4) {
    messages.push(at instanceof ResponseBodyError ? `${at.message} (${at.error})` : at.message);
    at = at.cause;
  }
  return messages.join(': ') || 'no reason is known';
}
