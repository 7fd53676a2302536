/**
 * The part of this room that gateways ask, put together.
 */
import type { Middleware } from 'koa';
import type { ApiRegistry } from '../apis/registry.ts';
import type { Clock } from '../clock.ts';
import type { AccessTokenReader } from '../tokens/access_token_reader.ts';
import type { AreHoldersActive } from '../tokens/holders.ts';
import type { MarkerWatch } from '../tokens/marker_watch.ts';
import type { OpaqueToken } from '../tokens/opaque_token.ts';
import type { Revocations } from '../tokens/revocations.ts';
import type { KeyExchange } from './exchange.ts';
import { createForwardAuth } from './forward_auth.ts';
import { createAccessTokens } from './forward_auth_access_tokens.ts';
import { createForwardAuthRoutes } from './forward_auth_routes.ts';
import { createKeyTokens } from './forward_auth_tokens.ts';
import type { LeakReport } from './key_in_query.ts';
import type { ApiKeysRoom } from './room.ts';

export function createForwardAuthRoom({
  apiKeys: { verification, readJwt, authenticate },
  keyExchange,
  accessTokens,
  readOpaque,
  revocations,
  areHoldersActive,
  catchUp,
  apis,
  reportLeak,
  clock,
}: {
  apiKeys: Pick<ApiKeysRoom, 'verification' | 'readJwt' | 'authenticate'>;
  keyExchange: Pick<KeyExchange, 'issueFor'>;
  accessTokens: AccessTokenReader;
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
  revocations: Pick<Revocations, 'sequence'>;
  areHoldersActive: AreHoldersActive;
  catchUp: MarkerWatch['catchUp'];
  apis: Pick<ApiRegistry, 'find'>;
  reportLeak: LeakReport;
  clock: Clock;
}): { routes: Middleware } {
  const forwardAuth = createForwardAuth({
    ...{ verification, catchUp },
    accessTokens: createAccessTokens({ readJwt, readOpaque, areHoldersActive }),
    tokens: createKeyTokens({
      issue: (verdict) => keyExchange.issueFor(verdict),
      isAlive: async (token) => (await accessTokens.read(token)) !== undefined,
      sequence: revocations.sequence,
      clock,
    }),
  });
  return { routes: createForwardAuthRoutes({ forwardAuth, authenticate, apis, reportLeak }) };
}
