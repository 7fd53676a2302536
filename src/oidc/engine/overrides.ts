/**
 * Where the library's own classes need another behaviour than they have, and no setting gives it. This file replaces
 * members of classes that one Provider made for itself, and of its clients; nothing global is touched, and no other
 * file does the like. Each has its reason here, and a test that fails when the library changes what was replaced.
 */
import {
  type Adapter,
  type Client,
  errors,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import type { VerifySecret } from '../../clients/room.ts';
import { deviceGrant } from '../../definitions/oauth.ts';
import { type ClaimMapping, spelled } from '../clients/claim_mapping.ts';
import { hashesBehind } from '../clients/client_metadata.ts';
import type { OutboundReach } from '../clients/outbound_reach.ts';
import { checkRequestBounds } from '../endpoints/request_bounds.ts';
import type { SettleScope } from '../grants/asked_scope.ts';
import type { RecordOnce } from '../records/replay_markers.ts';
import { successorToHandOut } from '../records/successor_tokens.ts';
import { refuseExpiredRequest } from '../restarts/restarted_requests.ts';
import { featuresOf } from './library_parts.ts';
import { currentContext, currentRoute } from './request_slots.ts';

export type OverrideDependencies = {
  reach: Pick<OutboundReach, 'building' | 'extend'>;
  verifySecret: VerifySecret;
  recordOnce: RecordOnce;
  settleScope: SettleScope;
  /** Whether clients may register without an initial access token. */
  openRegistration: boolean;
};

type Oidc = NonNullable<ReturnType<typeof currentContext>>['oidc'];

export function overrideLibrary(
  provider: Provider,
  { reach, verifySecret, recordOnce, settleScope, openRegistration }: OverrideDependencies,
): void {
  compareSecretHashes(provider, verifySecret);
  nameForbiddenGrantTypes(provider);
  settleScopes(provider, settleScope);
  keepClients(provider, reach);
  keepShownMarks(provider);
  recordReplaysAtomically(provider, recordOnce);
  persistBegunSessions(provider);
  handOutSuccessors(provider);
  spellClaims(provider);
  nameSessions(provider);
  attendToClient(provider, verifySecret);
  keepStrangersErrors(provider);
  if (openRegistration) openRegistrationToAll(provider);
}

/** Client secrets are stored as hashes; what the library takes for the secret is a list of them. */
function compareSecretHashes({ Client: { prototype } }: Provider, verify: VerifySecret): void {
  const known = new WeakMap<Client, ReturnType<typeof hashesBehind>>();
  prototype.compareClientSecret = function compareClientSecret(actual: string) {
    const secretHashes = known.get(this) ?? hashesBehind(this.clientSecret);
    known.set(this, secretHashes);
    const { clientId } = this;
    return secretHashes !== undefined && verify({ clientId, secretHashes }, actual);
  };
}

/**
 * RFC 6749 section 5.2 and RFC 8628 section 3.2 have a code of their own for a grant type that a client may not
 * use; the library answers `invalid_request`.
 */
function nameForbiddenGrantTypes({ Client: { prototype } }: Provider): void {
  const { grantTypeAllowed } = prototype;
  prototype.grantTypeAllowed = function isAllowed(grantType: string) {
    const allowed = grantTypeAllowed.call(this, grantType);
    if (!allowed && grantType === requestedGrantType()) {
      throw new errors.UnauthorizedClient('this grant type is not allowed for this client');
    }
    return allowed;
  };
}

/** The grant type that the current request is about. */
function requestedGrantType(): unknown {
  if (currentRoute() === 'device_authorization') return deviceGrant;
  if (currentRoute() !== 'token') return undefined;
  return (currentContext()?.oidc.params as { grant_type?: unknown } | undefined)?.grant_type;
}

/**
 * The moments at which the parameters of a request are complete, pushed and signed ones too, and the library has not
 * looked at the scope yet.
 */
function settleScopes({ Client: { prototype } }: Provider, settleScope: SettleScope): void {
  const clients = prototype as unknown as {
    responseModeAllowed(...parameters: unknown[]): boolean;
    grantTypeAllowed(grantType: string): boolean;
  };
  const { responseModeAllowed, grantTypeAllowed } = clients;
  const settle = (client: Client) => {
    const params = currentContext()?.oidc.params;
    if (params) settleScope({ client, params: params as Record<string, unknown> });
  };
  clients.responseModeAllowed = function isModeAllowed(...parameters) {
    settle(this as unknown as Client);
    return responseModeAllowed.apply(this, parameters);
  };
  clients.grantTypeAllowed = function isGrantTypeAllowed(grantType) {
    const allowed = grantTypeAllowed.call(this, grantType);
    if (allowed && grantType === deviceGrant && currentRoute() === 'device_authorization') {
      settle(this as unknown as Client);
    }
    return allowed;
  };
}

/**
 * The library tells by hashing a client's whole metadata whether it has built it before. Our adapter answers
 * the same object for an unchanged client (client_adapter.ts), which tells the same for nothing.
 */
function keepClients(provider: Provider, reach: OverrideDependencies['reach']): void {
  type Clients = { adapter: Adapter; find(id: unknown): Promise<Client | undefined> };
  const clients = provider.Client as unknown as Clients;
  const find = clients.find.bind(clients);
  const built = new WeakMap<object, Client>();
  clients.find = async (id) => {
    const metadata = typeof id === 'string' && id ? await clients.adapter.find(id) : undefined;
    if (!metadata) return undefined;
    const known = built.get(metadata);
    if (known) return known;
    const client = await reach.building(metadata, () => find(id));
    if (!client) return undefined;
    reach.extend(client, metadata);
    built.set(metadata, client);
    return client;
  };
}

/** The library fetches for all clients by one function, which must know for whom (outbound_reach.ts). */
export function aroundOutboundCalls(
  client: Client,
  around: {
    keys(call: () => Promise<void>): Promise<void>;
    logout<T>(call: () => Promise<T>): Promise<T>;
  },
): void {
  const calling = client as unknown as {
    asymmetricKeyStore: { refresh(): Promise<void> };
    backchannelLogout(...parameters: unknown[]): Promise<unknown>;
  };
  const keys = calling.asymmetricKeyStore;
  const refresh = keys.refresh.bind(keys);
  const logOut = calling.backchannelLogout.bind(calling);
  keys.refresh = () => around.keys(refresh);
  Object.defineProperty(calling, 'backchannelLogout', {
    value: (...parameters: unknown[]) => around.logout(() => logOut(...parameters)),
  });
}

/** A grant carries what the person was shown (shown_consent.ts); the library keeps the members that it knows. */
function keepShownMarks({ Grant: model }: Provider): void {
  const members = (model as unknown as { IN_PAYLOAD: string[] }).IN_PAYLOAD;
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => [...members, 'shown'] });
}

/** The library looks a jti up and stores it later; two requests in between would both pass. */
function recordReplaysAtomically({ ReplayDetection }: Provider, recordOnce: RecordOnce): void {
  ReplayDetection.unique = recordOnce;
}

/** An error page can touch a session that was never begun; there is nothing to keep then, and the library throws. */
function persistBegunSessions({ Session: model }: Provider): void {
  const sessions = model.prototype as unknown as { exp?: number; persist(): Promise<unknown> };
  const { persist } = sessions;
  sessions.persist = async function persistIfBegun() {
    if (this.exp !== undefined) await persist.call(this);
  };
}

/** A rotated refresh token's value follows from the one it replaces (successor_tokens.ts). */
function handOutSuccessors({ RefreshToken: model }: Provider): void {
  const tokens = model.prototype as unknown as { generateTokenId(): string };
  const { generateTokenId } = tokens;
  tokens.generateTokenId = function successorOrRandom() {
    return successorToHandOut() ?? generateTokenId.call(this);
  };
}

/** Whoever is told of a sign-out knows the session by its id, in ID tokens too (Front-Channel Logout 1.0 section 3). */
function nameSessions({ Client: { prototype } }: Provider): void {
  const clients = prototype as unknown as { includeSid(): boolean };
  const { includeSid } = clients;
  clients.includeSid = function isSessionNamed(this: Client) {
    return Boolean(includeSid.call(this as never) || this.frontchannel_logout_uri);
  };
}

/** What is released to a client, in ID tokens and userinfo, is spelled as the client wants it. */
function spellClaims({ Claims: model }: Provider): void {
  const released = model.prototype as unknown as {
    client: Client;
    result(): Promise<Record<string, unknown>>;
  };
  const { result } = released;
  released.result = async function resultAsSpelled() {
    return spelled(await result.call(this), this.client.claim_mapping as ClaimMapping | undefined);
  };
}

/** The first moment at which the client of a request is known, and nothing of the request has been done. */
function attendToClient({ OIDCContext: { prototype } }: Provider, verify: VerifySecret): void {
  const { entity } = prototype;
  prototype.entity = function assignEntity(key: string, value: unknown) {
    entity.call(this, key, value);
    if (key !== 'Client') return;
    refuseExpiredRequest();
    const oidc = this as unknown as Oidc;
    checkRequestBounds(oidc);
    if (oidc.route === 'client_update') acceptOwnSecret(oidc, verify);
  };
}

/**
 * RFC 7592 section 2.2: an update may repeat the client's secret, which must be the current one. The library
 * compares it with what it has, which is the hashes: a secret that matches them is replaced by them as soon
 * as the body has been parsed.
 */
function acceptOwnSecret(oidc: Oidc, verify: VerifySecret): void {
  type Body = { client_secret?: unknown };
  let parsed: Body | undefined;
  const { clientId = '', clientSecret: stored } = oidc.client ?? {};
  const secretHashes = hashesBehind(stored);
  Object.defineProperty(oidc, 'body', {
    configurable: true,
    get: () => parsed,
    set(body: Body) {
      const given = body?.client_secret;
      if (typeof given !== 'string') {
        parsed = body;
        return;
      }
      const own = secretHashes !== undefined && verify({ clientId, secretHashes }, given);
      // What is not the secret equals nothing that the library has: not the hashes either.
      parsed = { ...body, client_secret: own ? stored : `not ${stored}` };
    },
  });
}

/** The library asks every registration for an initial access token, or none: here, those that send credentials. */
function openRegistrationToAll(provider: Provider): void {
  const { registration } = featuresOf(provider);
  Object.defineProperty(registration, 'initialAccessToken', {
    get: () => currentContext()?.headers.authorization !== undefined,
  });
}

/**
 * RFC 9700 section 4.11.2: nobody is sent to where a stranger's client says before they have signed in, lest Cardea be
 * the link that leads there. An error is shown instead; only a silent request is answered to the client.
 */
function keepStrangersErrors(provider: Provider): void {
  const keep = (ctx: KoaContextWithOIDC, error: unknown) => {
    const { client, session, params, route } = ctx.oidc;
    const isStrangers = route === 'authorization' && client?.source !== undefined;
    const isSilent = String(params?.prompt).split(' ').includes('none');
    if (!isStrangers || session?.accountId !== undefined || isSilent) return;
    Object.assign(error as object, { allow_redirect: false });
  };
  provider.on('authorization.error', keep);
  provider.on('server_error', keep);
}
