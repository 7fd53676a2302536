/**
 * Revocation: marks things as revoked and tells whether something is. It owns the meaning of the markers in
 * the store and knows nothing of HTTP or the protocol engine. A marker is written before anything is deleted,
 * so a process that dies in between has revoked completely, not halfway.
 *
 * A marker revokes either a name that is never used again, or everything issued before it. "Before" follows
 * the store's order of revocations, never a clock: whatever is issued carries the number of the last
 * revocation it knows of, and a revocation with a higher number applies to it.
 */
import { sharedRead } from '../../caching/shared_read.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { hourMs } from '../../definitions/units.ts';
import type { ArtifactSelector, ArtifactStore } from '../../storage/artifacts.ts';
import type { Revocation, RevocationStore, StatusPosition } from '../../storage/revocations.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import { grantOf } from './families.ts';

/** What a token, session or code depends on. It is revoked when any of these is. */
export type TokenLinks = {
  jti?: string | undefined;
  /** The stored record that this is, or that represents it. */
  recordId?: string | undefined;
  familyId?: string | undefined;
  grantId?: string | undefined;
  /** See sessionReference(). */
  session?: string | undefined;
  /** The uid of the browser session that this is. */
  sessionUid?: string | undefined;
  clientId?: string | undefined;
  accountId?: string | undefined;
  /** The API that an access token is for. */
  api?: string | undefined;
  /** The markers of what it was exchanged for, and of everything that depended on (originMarkersOf). */
  derivedFrom?: readonly string[] | undefined;
  /** The `kid` of the key that signed it. */
  keyId?: string | undefined;
  /** The last revocation before it was issued. Later ones of its client, API or session apply to it. */
  asOf: number;
  /** The last revocation before the sign-in it comes from. Later ones of its user or of everything apply to it. */
  signedInAsOf?: number | undefined;
  /** Milliseconds since the epoch. */
  issuedAt?: number | undefined;
};

export type RevocationTarget =
  /** One JWT. `expiresAt`: milliseconds since the epoch. */
  | { token: string; expiresAt: number; status?: StatusPosition | undefined }
  /** One stored token, whose record is deleted. */
  | { record: { kind: string; id: string }; expiresAt: number }
  | { familyId: string }
  | { grantId: string }
  | { session: string }
  | { sessionUid: string }
  | { clientId: string }
  /** `keys`: including all API keys of the user. */
  | { accountId: string; keys?: true | undefined }
  | { api: string }
  /** An API key (by id) and everything exchanged for it. */
  | { apiKey: string }
  /** Only what was exchanged for an API key so far: the key is disabled and may be enabled again. */
  | { tokensOfApiKey: string }
  /** The same for all keys of a project (by id). */
  | { tokensOfProject: string }
  /** All keys of a project (by id), and what was exchanged for them so far. */
  | { keysOfProject: string }
  | { keyId: string }
  /** All tokens, codes and sessions so far, or those issued before a time (milliseconds since the epoch). */
  | { everything: true; before?: number | undefined };

/** A marker that is durable. */
export type RevocationMarker = Pick<Revocation, 'key' | 'sequence' | 'before'>;

export type Revocations = {
  /** Durably marks the target as revoked. `work` stays with the marker until `finish`. Idempotent. */
  mark(target: RevocationTarget, work?: string): Promise<RevocationMarker>;
  /** Deletes the records of what was marked. Returns how many there were. `existing`: see ArtifactStore. */
  sweep(target: RevocationTarget, options?: { existing?: boolean }): Promise<number>;
  /** `mark`, then `sweep`. Complete and durable when it resolves. */
  revoke(target: RevocationTarget): Promise<void>;
  isRevoked(links: TokenLinks): Promise<boolean>;
  /** The markers that revoke it; none: it is not revoked. */
  revokedBy(links: TokenLinks): Promise<RevocationMarker[]>;
  /** The number of the last revocation: at least that of every revocation acknowledged before this call. */
  sequence(): Promise<number>;
};

/** No token lives longer than this, in milliseconds. */
const longestLifetime = lifetimes.refreshTokenChain * 1000;

/** What a dead process left is finished well within this time, in milliseconds. */
const longestWork = hourMs;

/** Names that are never used again: whatever carries one is revoked, even if issued a moment later. */
const permanentKinds = new Set([
  ...['token', 'record', 'family', 'grant', 'session_uid', 'key', 'api_key'],
]);
const everythingKey = 'everything:';
const everythingBeforeKey = 'everything_before:';

export function createRevocations({
  markers,
  artifacts,
  clock,
  onMarked = () => {},
}: {
  markers: RevocationStore;
  artifacts: Pick<ArtifactStore, 'remove' | 'removeAll'>;
  clock: Clock;
  /** Called when a marker is durable. */
  onMarked?: () => void;
}): Revocations {
  /**
   * A verifier may accept a token, or what was exchanged for it, slightly past its expiry. Remaining work
   * must be found even if the token it is about has expired in the meantime.
   */
  const expiryOf = (target: RevocationTarget) =>
    'expiresAt' in target
      ? Math.max(target.expiresAt + clockSkewMs, clock.now() + longestWork)
      : clock.now() + longestLifetime;

  const mark: Revocations['mark'] = async (target, work) => {
    const key = markerKeyOf(target);
    const before = 'before' in target ? target.before : undefined;
    const sequence = await markers.put({
      ...{ key, work, before },
      status: 'status' in target ? target.status : undefined,
      expiresAt: expiryOf(target),
    });
    onMarked();
    return { key, sequence, before };
  };

  const sweep: Revocations['sweep'] = async (target, options) => {
    if ('record' in target) {
      await artifacts.remove(target.record.kind, target.record.id);
      return 1;
    }
    const selector = selectorOf(target);
    return selector ? artifacts.removeAll(selector, options) : 0;
  };

  const isMarked = async (target: RevocationTarget) => {
    const key = markerKeyOf(target);
    return isPermanentMarker(key) && (await markers.find([key], clock.now())).length > 0;
  };

  const revokedBy: Revocations['revokedBy'] = async (links) => {
    const found = await markers.find(revokingKeysOf(links), clock.now());
    return found.filter((marker) => appliesTo(marker, links));
  };

  return {
    mark,
    sweep,
    revokedBy,

    async revoke(target) {
      // Replaying a spent token again and again does not add a revocation each time.
      if (!(await isMarked(target))) await mark(target);
      await sweep(target);
    },

    isRevoked: async (links) => (await revokedBy(links)).length > 0,

    sequence: sharedRead(() => markers.sequence()),
  };
}

/** Whether a marker revokes a name that is never used again. */
export function isPermanentMarker(key: string): boolean {
  return permanentKinds.has(parseMarkerKey(key).kind);
}

/** Whether a marker that the links name revokes what they belong to. */
export function appliesTo({ key, sequence, before }: RevocationMarker, links: TokenLinks): boolean {
  if (isPermanentMarker(key)) return true;
  const { kind } = parseMarkerKey(key);
  // Only new sign-ins escape: a session keeps issuing to clients long after it began.
  const isOfPerson = kind === 'user' || kind.startsWith('everything');
  const asOf = isOfPerson ? (links.signedInAsOf ?? links.asOf) : links.asOf;
  if (asOf >= sequence) return false;
  // What was issued after the revocation is always spared, even by a node whose clock is behind.
  return before === undefined || (links.issuedAt !== undefined && links.issuedAt < before);
}

/** Whether a marker can still affect a token with at most this lifetime, in milliseconds. */
export function mayAffectTokens({ key, expiresAt }: Revocation, now: number, lifetime: number) {
  const { kind } = parseMarkerKey(key);
  // The marker of a single token expires when nobody accepts that token anymore, nor what was exchanged for it.
  if (kind === 'token' || kind === 'record') return true;
  return expiresAt - longestLifetime > now - lifetime;
}

/** The key of a target's marker, as named in the record of a derived token. */
export function markerKeyOf(target: RevocationTarget): string {
  if ('token' in target) return `token:${target.token}`;
  if ('record' in target) return `record:${target.record.id}`;
  if ('familyId' in target) return `family:${target.familyId}`;
  if ('grantId' in target) return `grant:${target.grantId}`;
  if ('session' in target) return `session:${target.session}`;
  if ('sessionUid' in target) return `session_uid:${target.sessionUid}`;
  if ('clientId' in target) return `client:${target.clientId}`;
  if ('accountId' in target) return `user:${target.accountId}`;
  if ('api' in target) return `api:${target.api}`;
  if ('apiKey' in target) return `api_key:${target.apiKey}`;
  if ('tokensOfApiKey' in target) return `api_key_tokens:${target.tokensOfApiKey}`;
  if ('tokensOfProject' in target) return `project_tokens:${target.tokensOfProject}`;
  if ('keysOfProject' in target) return `project_tokens:${target.keysOfProject}`;
  if ('keyId' in target) return `key:${target.keyId}`;
  return target.before === undefined ? everythingKey : everythingBeforeKey;
}

/**
 * The markers that revoke a token exchanged for others: all of theirs, except those it depends on itself. Its
 * origins are valid when it is issued, so only later revocations concern it, and its own `asOf` tells those.
 */
export function originMarkersOf(links: TokenLinks, origins: readonly TokenLinks[]): string[] {
  const own = new Set(markerKeysOf(links));
  return [...new Set(origins.flatMap(markerKeysOf))].filter((key) => !own.has(key));
}

/** The keys of all markers that can revoke it. */
export function revokingKeysOf(links: TokenLinks): string[] {
  const everything = links.issuedAt === undefined ? [] : [everythingBeforeKey];
  return [...markerKeysOf(links), everythingKey, ...everything];
}

/** Those that can revoke it by name. */
function markerKeysOf(links: TokenLinks): string[] {
  const grantId = links.grantId ?? (links.familyId && grantOf(links.familyId));
  const keys = [
    links.jti && `token:${links.jti}`,
    links.recordId && `record:${links.recordId}`,
    links.familyId && `family:${links.familyId}`,
    grantId && `grant:${grantId}`,
    links.session && `session:${links.session}`,
    links.sessionUid && `session_uid:${links.sessionUid}`,
    links.clientId && `client:${links.clientId}`,
    links.accountId && `user:${links.accountId}`,
    links.api && `api:${links.api}`,
    links.keyId && `key:${links.keyId}`,
    ...(links.derivedFrom ?? []),
  ];
  return keys.filter((key): key is string => Boolean(key));
}

/** The records to delete. The rest is refused by its marker until it expires. */
function selectorOf(target: RevocationTarget): ArtifactSelector | undefined {
  if ('familyId' in target) return { familyId: target.familyId };
  if ('grantId' in target) return { grantId: target.grantId };
  if ('clientId' in target) return { clientId: target.clientId };
  if ('accountId' in target) return { accountId: target.accountId };
  return undefined;
}
