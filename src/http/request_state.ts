/**
 * What the layers of one request tell each other through Koa's `ctx.state`.
 */
import type { ClientAddress } from '../net/client_address.ts';
import type { RouteMatch } from './routing/route.ts';

/** Added to the request's line in the log. Never a secret, never a whole URL, query or body. */
type RequestLogFields = {
  client_id?: string | undefined;
  grant_type?: string | undefined;
  outcome?: string | undefined;
  /** The public error code. */
  error?: string | undefined;
  [field: string]: string | number | boolean | undefined;
};

/** Why a request was refused, in fields of a log line. Never a bearer value. */
export type Refusal = Record<string, unknown>;

export type RequestState = {
  requestId: string;
  address: ClientAddress;
  /** The row of the table of routes that its path is. */
  match: RouteMatch;
  logFields: RequestLogFields;
  /** Milliseconds that the answer may take beyond the usual (deadline.ts): of a request that waits on purpose. */
  extraTimeMs?: number | undefined;
  /** It was answered already, as it took too long: what it has not begun it need not begin. */
  over?: boolean | undefined;
  /** Set where a request is refused without an error that is thrown; asked only where the log tells it (`debug`). */
  refusal?: (() => Refusal | Promise<Refusal>) | undefined;
  /**
   * An error that an inner layer answered too vaguely (the protocol engine tells any failure as
   * `server_error`): the error serialiser answers it in place of what was written.
   */
  failure?: unknown;
};

/** The typed view of `ctx.state`; request_context.ts has filled it before any other layer runs. */
export function requestState(ctx: { state: unknown }): RequestState {
  return ctx.state as RequestState;
}
