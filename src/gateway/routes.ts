/**
 * `/forward-auth`: a gateway asks about each request it receives, with that request's method, before passing it
 * on. 200 lets the request pass on behalf of whoever the response headers name; any other status refuses it.
 * docs/integrations/forward-auth.md explains how to configure gateways.
 */
import {
  type ApiClientAuthentication,
  keyInQueryError,
  keyInUri,
  type ReportLeak,
} from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/room.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { KeyScheme } from '../definitions/api_keys.ts';
import { CardeaError } from '../errors.ts';
import type { HandledRequest, Handler } from '../http/answer.ts';
import { requestState } from '../http/request_state.ts';
import { ownAddress } from '../net/client_address.ts';
import type { ForwardAuth, ForwardAuthDecision } from './decision.ts';
import { type ForwardAuthSettings, parseSettings } from './forward_auth_settings.ts';
import { readForwardAuthRequest } from './gateway_request.ts';
import { passHeaders } from './identity_headers.ts';
import { presentedCredential } from './presented_credential.ts';
import { signInChallenge } from './sign_in_requirement.ts';

type DeniedDecision = Extract<ForwardAuthDecision, { allowed: false }>;
type AllowedDecision = Extract<ForwardAuthDecision, { allowed: true }>;

/** Statuses and messages; they disclose no more than the error code (RFC 6750 section 3.1). */
const denials: Record<DeniedDecision['error'], { status: number; message: string }> = {
  invalid_token: {
    status: 401,
    message: 'The credential is unknown, expired, revoked, or not valid here.',
  },
  insufficient_user_authentication: {
    status: 401,
    message: 'A stronger or more recent sign-in is required.',
  },
  insufficient_scope: { status: 403, message: 'The credential lacks a required scope.' },
  rate_limited: {
    status: 429,
    message: 'Too many requests with this credential or from this address.',
  },
  quota_exceeded: { status: 429, message: 'The quota of this API key is used up.' },
};

const notStored = {
  'cache-control': 'no-store',
  'content-type': 'text/plain; charset=utf-8',
};

export function createForwardAuthRoute({
  forwardAuth,
  authenticate,
  apis,
  schemes,
  reportLeak,
  catchUp,
}: {
  forwardAuth: ForwardAuth;
  authenticate: ApiClientAuthentication;
  apis: Pick<ApiRegistry, 'find' | 'canonical'>;
  /** See the schema of `api_keys`. */
  schemes: readonly KeyScheme[];
  reportLeak: ReportLeak;
  catchUp: MarkerWatch['catchUp'];
}): Handler {
  /** Whether the addresses contained a key. */
  const reportKeysIn = async (
    request: HandledRequest,
    uris: readonly string[],
  ): Promise<boolean> => {
    const key = uris.map(keyInUri).find((found) => found !== undefined);
    if (key === undefined) return false;
    const { address, requestId } = requestState(request);
    await reportLeak(key, { source: 'query_string', ip: address.ip, requestId });
    return true;
  };

  /**
   * Whether the gateway has proved to act for the API. A wrong proof is the operator's mistake, so it is an
   * error. `asOf`: the number of the last revocation, read since the request arrived.
   */
  const isOfApi = async (
    proof: string,
    { api }: ForwardAuthSettings,
    asOf: number,
  ): Promise<boolean> => {
    const own = await authenticate(proof, asOf).catch((error: unknown) => {
      if (error instanceof CardeaError && error.status < 500) return undefined;
      throw error;
    });
    if (!own?.apis.includes(api.identifier)) throw unknownGateway();
    return true;
  };

  const decide = async (
    request: HandledRequest,
    settings: ForwardAuthSettings,
    asOf: number,
  ): Promise<AllowedDecision> => {
    const { address, logFields } = requestState(request);
    const credential = presentedCredential(request.req.headersDistinct, schemes);
    if (!credential) throw missingCredential(request, settings);
    const proof = request.get('Cardea-Gateway-Authorization');
    const decision = await forwardAuth.decide({
      ...{ settings, credential, asOf },
      ip: ownAddress(address),
      isOfApi: proof !== '' && (await isOfApi(proof, settings, asOf)),
    });
    request.set(decision.headers);
    logFields.credential = credential.kind;
    logFields.outcome = decision.allowed ? 'allowed' : decision.reason;
    logFields.api_key_id = decision.allowed ? decision.identity.apiKeyId : decision.apiKeyId;
    if (!decision.allowed) throw denialError(request, decision, settings);
    logFields.client_id = decision.identity.clientId;
    return decision;
  };

  return async function forwardAuthRoute(request) {
    const { querystring, req } = request;
    const { below } = requestState(request).match.params;
    const asked = readForwardAuthRequest({ below, querystring, headers: req.headersDistinct });
    const hasLeaked = await reportKeysIn(request, asked.uris);
    // Before the settings are read: they may name an API that was made just now.
    const asOf = await catchUp();
    const settings = parseSettings(asked.settings, { apis });
    try {
      if (hasLeaked) throw keyInQueryError();
      const { identity, authorization } = await decide(request, settings, asOf);
      return {
        status: 200,
        headers: { ...notStored, ...passHeaders(identity, authorization) },
        body: '',
      };
    } catch (error) {
      throw settings.refusesWith403 ? as403(request, error) : error;
    }
  };
}

/** RFC 6750 section 3: no error code if no credential was presented. */
function missingCredential(request: HandledRequest, { api }: ForwardAuthSettings): CardeaError {
  request.set({ 'www-authenticate': challenge({ realm: api.identifier }) });
  return new CardeaError({
    code: 'unauthorized',
    status: 401,
    message:
      'A credential is required: an API key or access token as a bearer token, or an API key in X-API-Key.',
  });
}

function denialError(
  request: HandledRequest,
  { error, retryAfter }: DeniedDecision,
  { api, scopes, signIn }: ForwardAuthSettings,
): CardeaError {
  const { status, message } = denials[error];
  if (status !== 429) {
    const parameters = {
      ...{ realm: api.identifier, error, error_description: message },
      ...(error === 'insufficient_scope' && { scope: scopes.join(' ') }),
      ...(error === 'insufficient_user_authentication' && signInChallenge(signIn)),
    };
    request.set({ 'www-authenticate': challenge(parameters) });
  }
  const wait = retryAfter === undefined ? {} : { retryAfter };
  return new CardeaError({ code: error, status, message, ...wait });
}

/** A single challenge, for the one scheme that accepts every kind of credential. */
function challenge(parameters: Record<string, string>): string {
  const written = Object.entries(parameters).map(
    ([name, value]) => `${name}="${value.replace(/[^\x20-\x7e]|["\\]/g, '')}"`,
  );
  return `Bearer ${written.join(', ')}`;
}

/**
 * Puts the status that would have been sent into headers, so that the gateway can use it in its own response.
 */
function as403(request: HandledRequest, error: unknown): unknown {
  if (!(error instanceof CardeaError) || error.status >= 500) return error;
  const { code, status, message, retryAfter } = error;
  request.set({ 'cardea-status': String(status), 'cardea-error': code });
  if (status === 401 || status === 403) return error;
  const wait = retryAfter === undefined ? {} : { retryAfter };
  return new CardeaError({ code, status: 403, message, cause: error, ...wait });
}

function unknownGateway(): CardeaError {
  return new CardeaError({
    code: 'unknown_gateway',
    status: 400,
    message: "Cardea-Gateway-Authorization must hold the credentials of the API's own client.",
  });
}
