/**
 * Tokens that nobody can use: with all that a token says, and no signature. They are known to this object alone, and
 * go with it.
 */
import { decodeJwt } from 'jose';
import type { Clock } from '../../clock.ts';
import type { KeyringSnapshot, Sign } from '../../signing_keys/room.ts';
import {
  type AccessTokenIssuer,
  type AccessTokenReader,
  createAccessTokenIssuer,
  looksLikeJwt,
  type ReadAccessToken,
  type StatusAssignment,
} from '../../tokens/room.ts';
import type { ClientBounds } from '../clients/client_bounds.ts';

/** What stands in for the parts of a server that make tokens valid. */
export type UnsignedTokens = {
  sign: Sign;
  /** No position in any status list: `idx` counts the tokens of this object. */
  assignment: StatusAssignment;
  issuer: AccessTokenIssuer;
  /** Reads the tokens of this object, and no others. */
  accessTokens: AccessTokenReader;
};

type SingleToken = Parameters<StatusAssignment['toSingle']>[0];

export function createUnsignedTokens({
  issuer,
  keys,
  bounds,
  clock,
}: {
  issuer: string;
  keys: { snapshot(): Pick<KeyringSnapshot, 'current'> };
  bounds: Pick<ClientBounds, 'within'>;
  clock: Clock;
}): UnsignedTokens {
  /** What each access token of a person depends on, by its `idx`. */
  const issued: SingleToken[] = [];
  const claimOf = (idx: number) => ({ status_list: { idx, uri: '' } });
  const assignment: StatusAssignment = {
    toClient: async () => claimOf(0),
    toSingle: async (token) => claimOf(issued.push(token) - 1),
  };
  // In place of a signature; a JWS in compact form has three parts that are not empty.
  const sign: Sign = () => Buffer.alloc(1);

  const read = async (token: string): Promise<ReadAccessToken | undefined> => {
    if (!looksLikeJwt(token)) return undefined;
    const claims = decodeJwt(token) as ReadAccessToken['claims'];
    const { idx } = (claims.status as ReturnType<typeof claimOf>).status_list;
    const known = issued[idx];
    if (!known) return undefined;
    const { clientId, userId: accountId, grantId, familyId, session, expiresAt } = known;
    return {
      ...{ claims, accountId, status: undefined },
      grant: grantId ? { id: grantId, clientId, expiresAt: expiresAt * 1000 } : undefined,
      links: { clientId, accountId, grantId, familyId, session, asOf: 0 },
    };
  };

  return {
    ...{ sign, assignment },
    issuer: createAccessTokenIssuer({
      ...{ issuer, sign, status: assignment, clock },
      currentKey: () => keys.snapshot().current,
      followUnlessJustNow: async () => {},
    }),
    accessTokens: bounds.within({ read, explain: async () => undefined }),
  };
}
