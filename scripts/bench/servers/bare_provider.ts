/**
 * The bare library: oidc-provider with as little configuration as the flows need, everything in memory. No
 * durable store, no rotation, no audit, no revocation.
 */
import type { JsonWebKey } from 'node:crypto';
import { type Configuration, Provider } from 'oidc-provider';
// @ts-expect-error: it has no types.
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import { tokenExchange } from '../../../src/definitions/oauth.ts';
import { api, type BenchClient, clients, opaqueApi } from '../declaration.ts';
import { port, serveProcesses } from './serve_processes.ts';

/** By default the library forgets what exceeds a thousand records: codes that were prepared, for example. */
const records = new Map();

serveProcesses(listen);

function listen(key: JsonWebKey, ready: () => void): void {
  const provider = new Provider(`http://127.0.0.1:${port}`, configurationWith(key));
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'alice' } });
    ctx.respond = false;
  });
  provider.listen(port, '127.0.0.1', ready);
}

function configurationWith(key: JsonWebKey): Configuration {
  return {
    adapter: (model: string) => new MemoryAdapter(model, records),
    jwks: { keys: [key as never] },
    cookies: { keys: ['bench'] },
    clients: clients.map(libraryClient),
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.account?.accountId ?? '',
        clientId: ctx.oidc.client?.clientId ?? '',
      });
      grant.addOIDCScope('openid offline_access');
      grant.addResourceScope(api.identifier, 'orders:read openid offline_access');
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) =>
          ctx.oidc.client?.clientId === 'notes-job' ? opaqueApi.identifier : api.identifier,
        useGrantedResource: () => true,
        getResourceServerInfo: async (_ctx, identifier) =>
          identifier === opaqueApi.identifier
            ? { scope: 'notes:read', audience: identifier, accessTokenFormat: 'opaque' }
            : {
                scope: 'orders:read openid offline_access',
                audience: identifier,
                accessTokenFormat: 'jwt',
                accessTokenTTL: 600,
                jwt: { sign: { alg: 'RS256' } },
              },
      },
    },
  };
}

/** Without Cardea's own members, and without scopes, which belong to APIs. */
function libraryClient({ apis: _apis, consent: _consent, scope: _scope, ...client }: BenchClient) {
  return { ...client, grant_types: client.grant_types.filter((type) => type !== tokenExchange) };
}
