/**
 * What a request may carry at most, checked as soon as its client is known: before the library walks through
 * what a JWT says (which exhausts the stack where that is nested deeply enough), and before it stores what
 * was sent. Most of what comes here is sent by public clients, that is: by anybody.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { deeperThan, maxJsonDepth } from '../../http/json_depth.ts';
import { errors } from '../engine/library.ts';

/**
 * Characters of all parameters that are stored. A pushed request may be as long as one in a URL; a device asks
 * for scopes and APIs, and has no request object.
 */
const longest: Partial<Record<string, number>> = {
  pushed_authorization_request: 8 * 1024,
  device_authorization: 2 * 1024,
};
/** How the client authenticates is not stored. */
const credentials = new Set(['client_assertion', 'client_assertion_type', 'client_secret']);

type Refuse = () => Error;
const jwtParameters = Object.entries<Refuse>({
  request: () => new errors.InvalidRequestObject('Request Object is nested too deeply'),
  client_assertion: () => new errors.InvalidClientAuth('client assertion is nested too deeply'),
  id_token_hint: () => new errors.InvalidRequest('id_token_hint is nested too deeply'),
});

/** Throws the library's errors: InvalidRequest, InvalidRequestObject, InvalidClientAuth. */
export function checkRequestBounds({ params, body, route }: KoaContextWithOIDC['oidc']): void {
  const limit = longest[route];
  // Where the client authenticates itself, the library has picked out only what it does that with so far.
  const sent = (limit === undefined ? params : body) ?? {};
  if (limit !== undefined && storedLength(sent) > limit) {
    throw new errors.InvalidRequest(`the parameters are longer than ${limit} characters`);
  }
  for (const [name, refuse] of jwtParameters) {
    const [given] = textsOf((sent as Record<string, unknown>)[name]).filter(isTooDeep);
    if (given !== undefined) throw refuse();
  }
}

function storedLength(sent: object): number {
  let length = 0;
  for (const [name, value] of Object.entries(sent)) {
    if (credentials.has(name)) continue;
    for (const text of textsOf(value)) length += name.length + text.length;
  }
  return length;
}

function textsOf(value: unknown): string[] {
  if (value === undefined) return none;
  return [value].flat().filter((each) => typeof each === 'string');
}

const none: string[] = [];

function isTooDeep(jwt: string): boolean {
  try {
    return deeperThan([decodeProtectedHeader(jwt), decodeJwt(jwt)], maxJsonDepth + 1);
  } catch {
    // No JWT at all: the library says so.
    return false;
  }
}
