/**
 * Artifacts: everything short-lived that the protocol engine keeps (codes, refresh tokens, opaque
 * access tokens, sessions, interactions, grants, pushed requests, replay markers). An artifact's id is
 * already a hash: this store never sees a bearer value.
 */
import type { Page } from './pages.ts';

export type Artifact = {
  /** The model's name, for example `AuthorizationCode`. */
  kind: string;
  /** Hash of the bearer value; unique within its kind. */
  id: string;
  /** Kept as JSON, so any key is harmless, and what JSON does not know is lost. */
  payload: Record<string, unknown>;
  grantId?: string | undefined;
  familyId?: string | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
  /** Uid of the session that it belongs to; on the session itself its own uid. Not unique. */
  sessionUid?: string | undefined;
  /** A second lookup key, hashed by the caller (a device's user code). Not unique. */
  alias?: string | undefined;
  /** Milliseconds since the epoch; absent until it was spent. */
  consumedAt?: number | undefined;
  /** Milliseconds since the epoch, at most 8.64e15 (the last Date). From then on no read returns it. */
  expiresAt: number;
};

/** `won`: this call spent it. Otherwise it was spent before, at `consumedAt`. */
type Consumption = { won: boolean; consumedAt: number; artifact: Artifact };

/** The kinds that have a lookup of their own, and an index for it in every engine. */
export const indexedKinds = {
  session: 'Session',
  deviceCode: 'DeviceCode',
  grant: 'Grant',
} as const;

/** The kinds that are listed. */
export const liveKinds = {
  session: 'Session',
  grant: 'Grant',
  refreshToken: 'RefreshToken',
  oneTimeLink: 'OneTimeLink',
  trustedBrowser: 'TrustedBrowser',
} as const;

export type ArtifactSelector =
  | { grantId: string; sessionUid?: string }
  | { familyId: string }
  | { accountId: string }
  | { clientId: string };

/** What is listed and counted of the living: all that one person or one client has of a kind. */
export type LiveSelector =
  | { kind: typeof liveKinds.session; accountId: string }
  | { kind: typeof liveKinds.grant; accountId: string }
  | { kind: typeof liveKinds.grant; clientId: string }
  | { kind: typeof liveKinds.oneTimeLink; accountId: string }
  | { kind: typeof liveKinds.trustedBrowser; accountId: string }
  /** Of each token family the one that was not spent yet. */
  | { kind: typeof liveKinds.refreshToken; clientId: string };

export type ArtifactStore = {
  /** Inserts, or replaces payload, links and expiry. Never clears `consumedAt`; an absent link keeps its stored value. */
  put(artifact: Artifact): Promise<void>;
  /** Replaces the payload of one that is there, and nothing else of it; false where there is none (any more). Atomic. */
  rewrite(artifact: Pick<Artifact, 'kind' | 'id' | 'payload'>, now: number): Promise<boolean>;
  /** Inserts; false (and no change) when an unexpired one is there. An expired one is replaced. Atomic. */
  insert(artifact: Artifact, now: number): Promise<boolean>;
  find(kind: string, id: string, now: number): Promise<Artifact | undefined>;
  /** The newest `Session` with this uid. */
  findSession(uid: string, now: number): Promise<Artifact | undefined>;
  /** The newest `DeviceCode` with this alias. */
  findDeviceCode(alias: string, now: number): Promise<Artifact | undefined>;
  /** The newest `Grant` of this account at this client. */
  findGrant(accountId: string, clientId: string, now: number): Promise<Artifact | undefined>;
  /** Spends it by compare-and-set: of any number of callers on any node exactly one wins. Undefined: unknown or expired. */
  consume(kind: string, id: string, now: number): Promise<Consumption | undefined>;
  /** Takes back one's own consumption, the one at `consumedAt`; false, and no change, where it is not there. */
  release(kind: string, id: string, consumedAt: number): Promise<boolean>;
  /**
   * Makes a consumption final: its instant moves by a millisecond, so that nobody can take it back who knows the old
   * one. False where it is not spent (any more).
   */
  keepSpent(kind: string, id: string): Promise<boolean>;
  remove(kind: string, id: string): Promise<void>;
  /**
   * Unexpired ones, newest first, from behind the `next` of the page before. Whether one was revoked is not looked at:
   * that is in the revocations. An id is no bearer value, so it may name the artifact to others.
   */
  list(
    selector: LiveSelector,
    options: { after?: string | undefined; limit: number; now: number },
  ): Promise<Page<Artifact>>;
  /** How many `list` would answer, counted up to `most`. */
  count(selector: LiveSelector, options: { most: number; now: number }): Promise<number>;
  /**
   * Removes all that match; answers how many. With `existing` those that are put after the call stay; this is as exact
   * as the clocks of the nodes.
   */
  removeAll(selector: ArtifactSelector, options?: { existing?: boolean }): Promise<number>;
};
