/**
 * Where the library's own classes need another behaviour than they have, and no setting gives it. All of it
 * replaces methods of classes that one Provider made for itself; nothing global is touched.
 */
import {
  type Adapter,
  type Client,
  errors,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import { deviceGrant } from '../../definitions/oauth.ts';
import type { ClientSecretHash } from '../../storage/clients.ts';
import { hashesBehind } from '../clients/client_metadata.ts';
import type { OutboundReach } from '../clients/outbound_reach.ts';
import { checkRequestBounds } from '../endpoints/request_bounds.ts';
import type { Resources } from '../grants/resources.ts';
import { keepMarks } from '../grants/shown_consent.ts';
import { registerTokenExchange, type TokenExchangeDependencies } from '../grants/token_exchange.ts';
import type { RecordOnce } from '../records/replay_markers.ts';
import { markStructured } from '../records/structured_tokens.ts';
import { successorToHandOut } from '../records/successor_tokens.ts';
import { currentContext, currentRoute } from './request_slots.ts';

export type ExtensionDependencies = {
  exchange: TokenExchangeDependencies;
  reach: Pick<OutboundReach, 'building' | 'extend'>;
  resources: Pick<Resources, 'checkRedemption'>;
  /** Constant time over all hashes that are valid now. */
  verifySecret: (hashes: ClientSecretHash[], secret: string) => boolean;
  recordOnce: RecordOnce;
};

type Redeemable = {
  resource?: string | string[];
  /** Of an authorization code. */
  redirectUri?: string;
  consume(): Promise<void>;
};
type Persistable = { exp?: number; persist(): Promise<unknown> };
type RegistrationBody = { client_secret?: unknown };

export function extendProvider(provider: Provider, dependencies: ExtensionDependencies): Provider {
  const { exchange, reach, resources, verifySecret, recordOnce } = dependencies;

  registerTokenExchange(provider, exchange);

  // Client secrets are stored as hashes; what the library takes for the secret is a list of them.
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual: string) {
    const hashes = hashesBehind(this.clientSecret);
    return hashes !== undefined && verifySecret(hashes, actual);
  };

  // RFC 6749 section 5.2 and RFC 8628 section 3.2 have a code of their own for a grant type that a client
  // may not use.
  const { grantTypeAllowed } = provider.Client.prototype;
  provider.Client.prototype.grantTypeAllowed = function isAllowed(grantType: string) {
    const allowed = grantTypeAllowed.call(this, grantType);
    if (!allowed && grantType === requestedGrantType()) {
      throw new errors.UnauthorizedClient('this grant type is not allowed for this client');
    }
    return allowed;
  };

  keepClients(provider, reach);
  keepMarks(provider);

  // The library looks a jti up and stores it later; two requests in between would both pass.
  provider.ReplayDetection.unique = recordOnce;

  // An error page can touch a session that was never begun; there is nothing to keep then.
  const sessions = provider.Session.prototype as unknown as Persistable;
  const { persist } = sessions;
  sessions.persist = async function persistIfBegun() {
    if (this.exp !== undefined) await persist.call(this);
  };

  for (const { prototype } of [
    provider.AuthorizationCode,
    provider.DeviceCode,
    provider.RefreshToken,
  ] as { prototype: Redeemable }[]) {
    const { consume } = prototype;
    prototype.consume = async function consumeIfRedeemable() {
      const ctx = currentContext();
      if (ctx) {
        resources.checkRedemption(ctx, this.resource);
        checkRedirectUri(ctx, this.redirectUri);
      }
      await consume.call(this);
    };
  }

  // A rotated refresh token's value follows from the one it replaces (successor_tokens.ts).
  const refreshTokens = provider.RefreshToken.prototype as unknown as { generateTokenId(): string };
  const { generateTokenId } = refreshTokens;
  Object.assign(refreshTokens, {
    generateTokenId(this: object) {
      return successorToHandOut() ?? generateTokenId.call(this);
    },
  });

  const { prototype } = provider.OIDCContext;
  const { entity } = prototype;
  prototype.entity = function assignEntity(key: string, value: unknown) {
    entity.call(this, key, value);
    if (key === 'Client')
      afterClientIsKnown(this as unknown as KoaContextWithOIDC['oidc'], verifySecret);
  };
  return provider;
}

/** A code that went to an address which the client has lost since is worth nothing. Throws InvalidGrant. */
function checkRedirectUri({ oidc }: KoaContextWithOIDC, redirectUri: string | undefined): void {
  if (redirectUri === undefined || oidc.client?.redirectUriAllowed(redirectUri)) return;
  throw new errors.InvalidGrant('redirect_uri is not registered any more');
}

/** The grant type that the current request is about. */
function requestedGrantType(): unknown {
  if (currentRoute() === 'device_authorization') return deviceGrant;
  if (currentRoute() !== 'token') return undefined;
  return (currentContext()?.oidc.params as { grant_type?: unknown } | undefined)?.grant_type;
}

/**
 * The library tells by hashing a client's whole metadata whether it has built it before. Our adapter answers
 * the same object for an unchanged client (client_adapter.ts), which tells the same for nothing.
 */
function keepClients(provider: Provider, reach: ExtensionDependencies['reach']): void {
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

function afterClientIsKnown(
  oidc: KoaContextWithOIDC['oidc'],
  verifySecret: ExtensionDependencies['verifySecret'],
): void {
  checkRequestBounds(oidc);
  const params = oidc.params as { token?: unknown } | undefined;
  if (typeof params?.token === 'string') {
    params.token = markStructured(params.token, oidc.route);
  }
  if (oidc.route === 'client_update') acceptOwnSecret(oidc, verifySecret);
}

/**
 * RFC 7592 section 2.2: an update may repeat the client's secret, which must be the current one. The library
 * compares it with what it has, which is the hashes: a secret that matches them is replaced by them as soon
 * as the body has been parsed.
 */
function acceptOwnSecret(
  oidc: KoaContextWithOIDC['oidc'],
  verifySecret: ExtensionDependencies['verifySecret'],
): void {
  let parsed: RegistrationBody | undefined;
  const stored = oidc.client?.clientSecret;
  const hashes = hashesBehind(stored);
  Object.defineProperty(oidc, 'body', {
    configurable: true,
    get: () => parsed,
    set(body: RegistrationBody) {
      const given = body?.client_secret;
      if (typeof given !== 'string') {
        parsed = body;
        return;
      }
      const own = hashes !== undefined && verifySecret(hashes, given);
      // What is not the secret equals nothing that the library has: not the hashes either.
      parsed = { ...body, client_secret: own ? stored : `not ${stored}` };
    },
  });
}
