/**
 * What an exchange of an access token may lead to (RFC 8693): a token for the same person or service that is
 * never worth more than the one it is made from. It owns that rule; who asks, and by what protocol, is
 * elsewhere.
 */
import type { Api, ApiRegistry } from '../../apis/room.ts';
import { CardeaError } from '../../errors.ts';
import { lineageOf, type TokenLinks } from '../revocation/revocations.ts';
import type { DerivedLinks, DerivedToken } from './issuer.ts';

/** `act` (RFC 8693 section 4.1): who acts for the subject, and for whom that one acted before. */
export type Actor = { sub: string; client_id?: string; act?: Actor };

/**
 * What a token says of an API key that it comes of (`api_keys`): how often and from where the key may be used. An API
 * that verifies offline learns it from nowhere else.
 */
export type ApiKeyClaim = {
  id: string;
  requests_per_minute?: number | undefined;
  requests_per_month?: number | undefined;
  /** CIDRs; absent: from anywhere. */
  allow_ips?: readonly string[] | undefined;
};

/** A live access token, whatever its format. */
export type SubjectToken = {
  subject: string;
  clientId: string;
  audiences: readonly string[];
  scopes: readonly string[];
  /** Seconds since the epoch. */
  expiresAt: number;
  act: Actor | undefined;
  /** It is bound to a key of its holder. */
  isBound: boolean;
  /**
   * The scopes of another API that its subject may have there: what the person consented to for that API, or what
   * the service is registered for. A scope of the same name at this API says nothing about it.
   */
  scopesAt: (api: string) => readonly string[];
  /** `live` or `test`, where an API key has led to it. */
  environment: string | undefined;
  /** The API keys that it comes of. */
  apiKeys: readonly ApiKeyClaim[];
  /** Claims that tell how the person signed in, or by which API key the service came; they stay. */
  context: Record<string, unknown>;
  links: TokenLinks;
};

export type Exchange = {
  subject: SubjectToken;
  /** The client that asks: what it is registered for. */
  client: { id: string; apis: readonly string[]; scopes: readonly string[] };
  /** The API that the new token is for; undefined: the same. */
  target: string | undefined;
  /** Undefined: as many as possible. */
  scopes: readonly string[] | undefined;
  /** Who acts, where somebody else than the asking client does. */
  actor:
    | Pick<SubjectToken, 'subject' | 'clientId' | 'isBound' | 'environment' | 'apiKeys' | 'links'>
    | undefined;
};

/** An actor that acts for an actor …: no chain of services is longer than this. */
const deepest = 4;
/** What a token may hang on at most: a client that exchanges what it got by an exchange comes to an end, too. */
const longestLineage = 32;

/** Throws CardeaError `invalid_request`, `invalid_target`, `invalid_scope` (RFC 8693 section 2.2.2). */
export function planExchange(
  { subject, client, target, scopes, actor }: Exchange,
  { apis }: { apis: Pick<ApiRegistry, 'find' | 'byClientId'> },
): DerivedToken {
  const ownApis = apis.byClientId(client.id).map(({ identifier }) => identifier);
  const isOwn = subject.clientId === client.id;
  if (!isOwn && !subject.audiences.some((audience) => ownApis.includes(audience))) {
    throw refused(
      'invalid_request',
      'subject_token is not a live access token that the client may bring',
    );
  }
  for (const [name, token] of Object.entries({ subject_token: subject, actor_token: actor })) {
    if (!token?.isBound) continue;
    throw refused('invalid_request', `${name} is bound to a key, which an exchange would undo`);
  }
  const api = targetApi(subject, client.apis, target, apis);
  const origins = [subject.links, ...(actor ? [actor.links] : [])];
  return {
    clientId: client.id,
    subject: subject.subject,
    api,
    scopes: narrow(subject, api, client.scopes, scopes),
    lifetime: api.lifetimeSeconds,
    notAfter: subject.expiresAt,
    links: linksFor(subject.links, { clientId: client.id, api: api.identifier }, origins),
    originAt: oldest(origins),
    claims: {
      ...subject.context,
      environment: environmentOf(subject, actor),
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
  const derivedFrom = lineageOf({ ...kept, ...own, asOf }, origins);
  if (derivedFrom.length > longestLineage) {
    throw refused('invalid_request', 'subject_token has passed through too many exchanges');
  }
  return { userId: accountId, grantId, familyId, session, derivedFrom };
}

function oldest(origins: readonly TokenLinks[]): number | undefined {
  const instants = origins.flatMap(({ issuedAt }) => issuedAt ?? []);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

/** The same API is always allowed; another one where the client is registered for it. */
function targetApi(
  { audiences }: SubjectToken,
  allowed: readonly string[],
  target: string | undefined,
  apis: Pick<ApiRegistry, 'find'>,
): Api {
  const identifier = target ?? audiences.find((audience) => apis.find(audience));
  const api = identifier === undefined ? undefined : apis.find(identifier);
  const isAllowed = api && (audiences.includes(api.identifier) || allowed.includes(api.identifier));
  if (!isAllowed) throw refused('invalid_target', 'the client may not ask for this API');
  if (api.format !== 'jwt') throw refused('invalid_target', 'this API has opaque tokens');
  return api;
}

/**
 * Never a scope that the subject token does not have. For another API, moreover, only what its subject has there,
 * and what the client that asks is registered for there: none, where it names no scopes.
 */
function narrow(
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
    throw refused('invalid_scope', 'scope goes beyond what subject_token has for this API');
  }
  const granted = asked ? possible.filter((scope) => asked.includes(scope)) : possible;
  if (granted.length === 0 && !isSameApi) {
    throw refused('invalid_scope', 'neither subject nor client has a scope of subject_token there');
  }
  return granted;
}

/** Undefined: the client goes on acting for itself. */
function actorOf(
  { act }: SubjectToken,
  clientId: string,
  isOwn: boolean,
  actor: Exchange['actor'],
): Actor | undefined {
  if (isOwn && !actor) return act;
  const next: Actor = {
    sub: actor?.subject ?? clientId,
    client_id: actor?.clientId ?? clientId,
    ...(act && { act }),
  };
  if (depthOf(next) > deepest) {
    throw refused('invalid_request', 'subject_token has passed through too many hands');
  }
  return next;
}

/** What a test key has led to stays a test, also where its holder only acts for somebody. */
function environmentOf(subject: SubjectToken, actor: Exchange['actor']): string | undefined {
  const named = [subject, actor].flatMap((token) => token?.environment ?? []);
  return named.includes('test') ? 'test' : named[0];
}

/** Each once; undefined: none. */
function apiKeysOf(subject: SubjectToken, actor: Exchange['actor']): ApiKeyClaim[] | undefined {
  const keys = [subject, actor].flatMap((token) => token?.apiKeys ?? []);
  return keys.length > 0 ? [...new Map(keys.map((key) => [key.id, key])).values()] : undefined;
}

function depthOf(act: Actor | undefined): number {
  return act ? 1 + depthOf(act.act) : 0;
}

function refused(code: string, message: string): CardeaError {
  return new CardeaError({ code, status: 400, message });
}
