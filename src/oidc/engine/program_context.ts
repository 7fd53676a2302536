/**
 * A program's request as the library's own functions take one: the part of Koa's context that they use, made from
 * whatever serves the request.
 */

import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AnswerHeaders, HandledRequest } from '../../http/answer.ts';
import type { RequestState } from '../../http/request_state.ts';

export type Parameters = Record<string, string | string[] | undefined>;

/** The library's view of the request. */
type ProgramOidc = Omit<KoaContextWithOIDC['oidc'], 'params' | 'body'> &
  EventEmitter & { params: Parameters; body: Parameters };

export class ProgramContext {
  readonly oidc: ProgramOidc;
  readonly req: IncomingMessage;
  readonly headers: IncomingMessage['headers'];
  readonly method: string;
  readonly state: RequestState;
  /** What addresses of endpoints are built from. */
  readonly href: string;
  readonly mountPath: string;
  /** The library's name of the route. */
  readonly _matchedRouteName: string;
  readonly #request: HandledRequest;

  constructor(
    provider: Provider,
    request: HandledRequest,
    { route, body, params, mountPath }: ProgramRoute & { body: Parameters; params: Parameters },
  ) {
    this.#request = request;
    this.req = request.req;
    this.headers = request.req.headers;
    this.method = request.method;
    this.state = request.state as RequestState;
    this.href = provider.issuer;
    this.mountPath = mountPath;
    this._matchedRouteName = route;
    const { OIDCContext } = provider as unknown as {
      OIDCContext: new (ctx: object) => ProgramOidc;
    };
    this.oidc = new OIDCContext(this);
    this.oidc.body = body;
    this.oidc.params = params;
  }

  get(name: string): string {
    return this.#request.get(name);
  }

  set(name: string, value: string): void {
    this.#request.set({ [name.toLowerCase()]: value });
  }

  /** The library appends one challenge, to none. */
  append(name: string, value: string): void {
    this.set(name, value);
  }

  setAll(headers: AnswerHeaders): void {
    this.#request.set(headers);
  }

  assert(condition: unknown, error: Error): asserts condition {
    if (!condition) throw error;
  }
}

/** `mountPath`: the issuer's path without a trailing slash. */
export type ProgramRoute = { route: 'token' | 'introspection' | 'revocation'; mountPath: string };
