/**
 * The door of this room: puts forward-auth together.
 */
import type { ApiKeysRoom, KeyExchange, ReportLeak } from '../api_keys/room.ts';
import { createAccessTokens } from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/room.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { KeyScheme } from '../definitions/api_keys.ts';
import type { Handler } from '../http/answer.ts';
import type { AccessTokenReader, ArePrincipalsActive, OpaqueToken } from '../tokens/room.ts';
import { createForwardAuth } from './decision.ts';
import { createKeyTokens } from './exchanged_tokens.ts';
import { createForwardAuthRoute } from './routes.ts';

export function createForwardAuthRoom({
  apiKeys: { verification, readJwt, authenticate },
  keyExchange,
  accessTokens,
  readOpaque,
  arePrincipalsActive,
  catchUp,
  apis,
  schemes,
  reportLeak,
  clock,
}: {
  apiKeys: Pick<ApiKeysRoom, 'verification' | 'readJwt' | 'authenticate'>;
  keyExchange: Pick<KeyExchange, 'issueFor'>;
  accessTokens: AccessTokenReader;
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
  arePrincipalsActive: ArePrincipalsActive;
  catchUp: MarkerWatch['catchUp'];
  apis: Pick<ApiRegistry, 'find' | 'canonical'>;
  schemes: readonly KeyScheme[];
  reportLeak: ReportLeak;
  clock: Clock;
}): { route: Handler } {
  const forwardAuth = createForwardAuth({
    ...{ verification, catchUp, clock },
    accessTokens: createAccessTokens({ readJwt, readOpaque, arePrincipalsActive }),
    tokens: createKeyTokens({
      issue: (verdict) => keyExchange.issueFor(verdict),
      isAlive: async (token, asOf) => (await accessTokens.read(token, asOf)) !== undefined,
      clock,
    }),
  });
  return {
    route: createForwardAuthRoute({
      ...{ forwardAuth, authenticate, apis, schemes, reportLeak, catchUp },
    }),
  };
}
