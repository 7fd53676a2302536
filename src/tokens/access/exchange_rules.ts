/**
 * What an access token may be exchanged for (RFC 8693): a token for the same person or service that never
 * allows more than the original. It owns that rule. Who asks, and with which protocol, is elsewhere.
 */
import type { Api, ApiRegistry } from '../../apis/room.ts';
import { CardeaError } from '../../errors.ts';
import { originMarkersOf, type TokenLinks } from '../revocation/revocations.ts';
import type { DerivedLinks, DerivedToken } from './access_token_issuer.ts';

/** `act` (RFC 8693 section 4.1): who acts for the subject, and on whose behalf that party acted before. */
export type Actor = { sub: string; client_id?: string; act?: Actor };

/**
 * The `api_keys` claim: an API key that the token comes from, how often it may be used, and from where. An
 * API that verifies offline learns this from nowhere else.
 */
export type ApiKeyClaim = {
  id: string;
  requests_per_minute?: number | undefined;
  requests_per_month?: number | undefined;
  /** CIDRs. Absent: from anywhere. */
  allow_ips?: readonly string[] | undefined;
};

/** A valid access token of either format. */
export type SubjectToken = {
  subject: string;
  clientId: string;
  audiences: readonly string[];
  scopes: readonly string[];
  /** Seconds since the epoch. */
  expiresAt: number;
  act: Actor | undefined;
  /** Whether it is bound to a key that its client holds. */
  isBound: boolean;
  /**
   * The scopes that its subject has at another API: what the person consented to for that API, or what the
   * service is registered for. A scope of the same name at this API does not count.
   */
  scopesAt: (api: string) => readonly string[];
  /** `live` or `test`, if it comes from an API key. */
  environment: string | undefined;
  /** The API keys it comes from. */
  apiKeys: readonly ApiKeyClaim[];
  /** Claims that are carried over: how the person signed in, or which API key the service used. */
  context: Record<string, unknown>;
  links: TokenLinks;
};

export type ProposedExchange = {
  subject: SubjectToken;
  /** The client that asks, and what it is registered for. */
  client: { id: string; apis: readonly string[]; scopes: readonly string[] };
  /** The API that the new token is for. Undefined: the same. */
  target: string | undefined;
  /** Undefined: as many as possible. */
  scopes: readonly string[] | undefined;
  /** Who acts, if not the client that asks. */
  actor:
    | Pick<SubjectToken, 'subject' | 'clientId' | 'isBound' | 'environment' | 'apiKeys' | 'links'>
    | undefined;
};

/** The longest chain of actors acting for actors. */
const longestActorChain = 4;
/**
 * The most markers that one token may depend on. Limits how often a client can exchange the result of an exchange.
 */
const mostOriginMarkers = 32;

/** Throws CardeaError `invalid_request`, `invalid_target`, `invalid_scope` (RFC 8693 section 2.2.2). */
export function planExchange(
  { subject, client, target, scopes, actor }: ProposedExchange,
  { apis }: { apis: Pick<ApiRegistry, 'find' | 'byClientId'> },
): DerivedToken {
  const ownApis = apis.byClientId(client.id).map(({ identifier }) => identifier);
  const isOwn = subject.clientId === client.id;
  if (!isOwn && !subject.audiences.some((audience) => ownApis.includes(audience))) {
    throw exchangeError(
      'invalid_request',
      'subject_token is not a valid access token that this client may exchange',
    );
  }
  for (const [name, token] of Object.entries({ subject_token: subject, actor_token: actor })) {
    if (!token?.isBound) continue;
    throw exchangeError('invalid_request', `${name} is bound to a key and cannot be exchanged`);
  }
  const api = targetApi(subject, client.apis, target, apis);
  const origins = [subject.links, ...(actor ? [actor.links] : [])];
  return {
    clientId: client.id,
    subject: subject.subject,
    api,
    scopes: grantedScopes(subject, api, client.scopes, scopes),
    lifetime: api.lifetimeSeconds,
    notAfter: subject.expiresAt,
    links: linksFor(subject.links, { clientId: client.id, api: api.identifier }, origins),
    originAt: earliestIssue(origins),
    claims: {
      ...subject.context,
      environment: environmentFrom(subject, actor),
      api_keys: apiKeysOf(subject, actor),
      act: actorOf(subject, client.id, isOwn, actor),
    },
  };
}

function linksFor(
  { accountId, grantId, familyId, session, asOf }: TokenLinks,
  own: { clientId: string; api: string },
  origins: readonly TokenLinks[],
): DerivedLinks {
  const kept = { accountId, grantId, familyId, session };
  const derivedFrom = originMarkersOf({ ...kept, ...own, asOf }, origins);
  if (derivedFrom.length > mostOriginMarkers) {
    throw exchangeError('invalid_request', 'subject_token was exchanged too many times');
  }
  return { userId: accountId, grantId, familyId, session, derivedFrom };
}

function earliestIssue(origins: readonly TokenLinks[]): number | undefined {
  const instants = origins.flatMap(({ issuedAt }) => issuedAt ?? []);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

/** The same API is always allowed, another one if the client is registered for it. */
function targetApi(
  { audiences }: SubjectToken,
  allowed: readonly string[],
  target: string | undefined,
  apis: Pick<ApiRegistry, 'find'>,
): Api {
  const identifier = target ?? audiences.find((audience) => apis.find(audience));
  const api = identifier === undefined ? undefined : apis.find(identifier);
  const isAllowed = api && (audiences.includes(api.identifier) || allowed.includes(api.identifier));
  if (!isAllowed)
    throw exchangeError('invalid_target', 'the client is not registered for this API');
  if (api.format !== 'jwt') throw exchangeError('invalid_target', 'this API uses opaque tokens');
  return api;
}

/**
 * Never grants a scope that the subject token lacks. At another API, only scopes that both the subject has
 * and the client is registered for there; none if the client names no scopes.
 */
function grantedScopes(
  subject: SubjectToken,
  api: Api,
  clientMay: readonly string[],
  asked: readonly string[] | undefined,
): string[] {
  const isSameApi = subject.audiences.includes(api.identifier);
  const elsewhere = isSameApi ? [] : subject.scopesAt(api.identifier);
  const mayHave = (scope: string) =>
    isSameApi || (elsewhere.includes(scope) && clientMay.includes(scope));
  const possible = subject.scopes.filter((scope) => scope in api.scopes && mayHave(scope));
  const excess = asked?.find((scope) => !possible.includes(scope));
  if (excess !== undefined) {
    throw exchangeError('invalid_scope', 'scope exceeds what subject_token allows at this API');
  }
  const granted = asked ? possible.filter((scope) => asked.includes(scope)) : possible;
  if (granted.length === 0 && !isSameApi) {
    throw exchangeError(
      'invalid_scope',
      'subject and client have no scope of subject_token in common at this API',
    );
  }
  return granted;
}

/** Undefined: the client keeps acting for itself. */
function actorOf(
  { act }: SubjectToken,
  clientId: string,
  isOwn: boolean,
  actor: ProposedExchange['actor'],
): Actor | undefined {
  if (isOwn && !actor) return act;
  const next: Actor = {
    sub: actor?.subject ?? clientId,
    client_id: actor?.clientId ?? clientId,
    ...(act && { act }),
  };
  if (depthOf(next) > longestActorChain) {
    throw exchangeError('invalid_request', 'the chain of actors in subject_token is too long');
  }
  return next;
}

/** Whatever comes from a test key stays a test, even if the key's owner only acts for someone. */
function environmentFrom(
  subject: SubjectToken,
  actor: ProposedExchange['actor'],
): string | undefined {
  const named = [subject, actor].flatMap((token) => token?.environment ?? []);
  return named.includes('test') ? 'test' : named[0];
}

/** Each key once. Undefined if there are none. */
function apiKeysOf(
  subject: SubjectToken,
  actor: ProposedExchange['actor'],
): ApiKeyClaim[] | undefined {
  const keys = [subject, actor].flatMap((token) => token?.apiKeys ?? []);
  return keys.length > 0 ? [...new Map(keys.map((key) => [key.id, key])).values()] : undefined;
}

function depthOf(act: Actor | undefined): number {
  return act ? 1 + depthOf(act.act) : 0;
}

/** RFC 8693 section 2.2.2. */
export function exchangeError(code: string, message: string): CardeaError {
  return new CardeaError({ code, status: 400, message });
}
