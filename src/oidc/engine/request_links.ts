/**
 * What the steps of one request must tell each other and the library has no place for: the family that is
 * being served, the refresh token to hand out. Kept beside the request's context, gone with it.
 */
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { UsedToken } from '../../rate_limits/room.ts';
import type { StatusPosition } from '../../storage/revocations.ts';
import type { HoldersOf, ReadAccessToken, StatusClaim } from '../../tokens/room.ts';

/** What the records tell of an exchanged token. */
export type ExchangedToken = { jti: string; scope: string; audience: string };

/** What this request, and no other, has spent. */
export type SpentArtifact = { kind: string; id: string; consumedAt: number };

export type Links = {
  /** See settlement.ts. */
  spent?: SpentArtifact[];
  /** Removed when the request has succeeded. */
  outdated?: { kind: string; id: string }[];
  familyId?: string;
  /** The session (its stored id) that the request came with. */
  sessionId?: string;
  /** What the request registers a client with. */
  initialAccessToken?: UsedToken;
  /** What counts of the records, by kind, that the request may finish (begun.ts). */
  begun?: Partial<Record<string, number>> | undefined;
  /** The refresh token or the code that was presented: whose it is, and whether it was spent by then. */
  redeemed?: { accountId: string | undefined; wasSpent: boolean };
  /** The value of the refresh token that follows the presented one. */
  successor?: string;
  /** See stamps.ts. */
  asOf?: number;
  signedInAsOf?: number | undefined;
  /** The last revocation before the request, or before its client was looked up. */
  clientAsOf?: number;
  /** When what was presented was issued, or began. Milliseconds since the epoch. */
  issuedAt?: number;
  /** What was presented and looks like a JWT, and what it was read as. */
  reading?: { token: string; result: Promise<ReadAccessToken | undefined> };
  /** The JWT access token that the request is about. */
  jwt?: { jti: string; expiresAt: number; status: StatusPosition | undefined; holders: HoldersOf };
  /** Gives the JWT access token that is being issued another bit, for a token that this key (`kid`) signs. */
  assignStatus?: (keyId: string) => Promise<StatusClaim>;
  /** The token that an exchange led to. */
  exchanged?: ExchangedToken;
  /** Set when a revocation request revoked something; the seconds in which all verifiers have heard of it. */
  revoked?: { kind: string; effectiveWithin: number };
};

export type RequestLinks = {
  /** Empty outside a request. */
  get(): Links;
  /** Adds to what is known of the current request. */
  set(links: Links): void;
  /** Adds to what the current request has spent. */
  addSpent(artifact: SpentArtifact): void;
  of(context: object): Links;
  /** As `set`, before the library has the request. */
  setOf(context: object, links: Links): void;
  /** The route's name inside the library (`token`, `userinfo`, `introspection`); undefined outside a request. */
  route(): string | undefined;
  context(): KoaContextWithOIDC | undefined;
};

export function createRequestLinks(): RequestLinks {
  const byContext = new WeakMap<object, Links>();
  const of = (context: object) => byContext.get(context) ?? {};
  const setOf = (context: object, links: Links) => {
    byContext.set(context, { ...of(context), ...links });
  };
  const get = (): Links => (Provider.ctx ? of(Provider.ctx) : {});
  const set = (links: Links) => {
    if (Provider.ctx) setOf(Provider.ctx, links);
  };
  return {
    ...{ get, set, of, setOf },
    addSpent: (artifact) => set({ spent: [...(get().spent ?? []), artifact] }),
    route: () => Provider.ctx?.oidc.route,
    context: () => Provider.ctx,
  };
}
