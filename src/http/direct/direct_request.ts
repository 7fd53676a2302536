/**
 * A request on the direct way, as its handler sees it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHeaders, HandledRequest } from '../answer.ts';
import type { RequestState } from '../request_state.ts';

export class DirectRequest implements HandledRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly state: RequestState;
  readonly method: string;
  readonly querystring: string;
  /** Of whatever is answered; undefined: none were set. */
  headers: Record<string, string | readonly string[]> | undefined;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    { state, querystring }: { state: RequestState; querystring: string },
  ) {
    this.req = req;
    this.res = res;
    this.state = state;
    this.method = req.method ?? '';
    this.querystring = querystring;
  }

  get(name: string): string {
    const value = this.req.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  }

  set(headers: AnswerHeaders): void {
    this.headers = { ...this.headers, ...headers };
  }
}
