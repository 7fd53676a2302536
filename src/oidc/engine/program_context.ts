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
type ProgramOidc = Omit<KoaContextWithOIDC['oidc'], 'params' | 'body' | 'urlFor'> &
  EventEmitter & {
    params: Parameters;
    body: Parameters;
    urlFor(name: ProgramRoute): string;
  };

/** Where programs ask, below the issuer, by the library's name of the route. */
export const programPaths = {
  token: '/token',
  introspection: '/introspect',
  revocation: '/revoke',
} as const;

export type ProgramRoute = keyof typeof programPaths;

/** Routes of the library whose steps are run by themselves (previewed_parts.ts). */
export type PreviewedRoute = 'authorization' | 'userinfo';

export class ProgramContext {
  readonly oidc: ProgramOidc;
  readonly req: IncomingMessage;
  readonly headers: IncomingMessage['headers'];
  readonly method: string;
  readonly state: RequestState;
  /** The library's name of the route. */
  readonly _matchedRouteName: string;
  /** What the library answers. */
  body: unknown;
  readonly #request: HandledRequest;

  constructor(
    provider: Provider,
    request: HandledRequest,
    {
      route,
      body,
      params,
    }: { route: ProgramRoute | PreviewedRoute; body: Parameters; params: Parameters },
  ) {
    this.#request = request;
    this.req = request.req;
    this.headers = request.req.headers;
    this.method = request.method;
    this.state = request.state as RequestState;
    this._matchedRouteName = route;
    const { OIDCContext } = provider as unknown as {
      OIDCContext: new (ctx: object) => ProgramOidc;
    };
    this.oidc = new OIDCContext(this);
    this.oidc.body = body;
    this.oidc.params = params;
    // Assertions and proofs name an endpoint, and the library knows only those that it serves.
    this.oidc.urlFor = (name) => programUrl(provider.issuer, name);
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

/** The address of an endpoint, as clients know it. */
export function programUrl(issuer: string, route: ProgramRoute): string {
  return new URL(`${issuer.replace(/\/$/, '')}${programPaths[route]}`).href;
}
