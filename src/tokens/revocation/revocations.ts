/**
 * Revocation: says what is dead and answers whether something is. It owns the meaning of the markers in
 * the store; it knows nothing of HTTP or of the protocol engine. A marker is written before anything is
 * deleted, so a process that dies in between has revoked, not half revoked.
 *
 * A marker ends either a name that is never used again, or all that was issued before it. "Before" is a
 * matter of the store's order of revocations, never of clocks: whatever is issued carries the number of the
 * last revocation that it knows of, and a revocation with a higher number hits it.
 */
import { sharedRead } from '../../caching/shared_read.ts';
import { type Clock, clockSkewMs } from '../../clock.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import type { ArtifactSelector, ArtifactStore } from '../../storage/artifacts.ts';
import type { Revocation, RevocationStore, StatusPosition } from '../../storage/revocations.ts';
import { parseMarkerKey } from '../../storage/revocations.ts';
import { grantOf } from './families.ts';

/** What a token, a session or a code hangs on. Any of these being revoked kills it. */
export type TokenLinks = {
  jti?: string | undefined;
  /** The stored record that this is, or that stands for it. */
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
  /** The marker keys of what it was exchanged for, and of all that this hung on (lineageOf). */
  derivedFrom?: readonly string[] | undefined;
  /** The `kid` of the key that signed it. */
  keyId?: string | undefined;
  /** The last revocation before it was issued; later ones of its client, API or session hit it. */
  asOf: number;
  /** The last revocation before the sign-in that it comes from; later ones of its user or everything hit it. */
  signedInAsOf?: number | undefined;
  /** Milliseconds since the epoch. */
  issuedAt?: number | undefined;
};

export type RevocationTarget =
  /** One JWT. `expiresAt`: milliseconds since the epoch. */
  | { token: string; expiresAt: number; status?: StatusPosition | undefined }
  /** One stored token: an artifact that goes away. */
  | { record: { kind: string; id: string }; expiresAt: number }
  | { familyId: string }
  | { grantId: string }
  | { session: string }
  | { sessionUid: string }
  | { clientId: string }
  /** `keys`: with all API keys of that user. */
  | { accountId: string; keys?: true | undefined }
  | { api: string }
  /** An API key (its id) and all that was exchanged for it. */
  | { apiKey: string }
  /** Only what was exchanged for an API key so far: the key is disabled, and may be enabled again. */
  | { tokensOfApiKey: string }
  /** The same for all keys of a project (its id). */
  | { tokensOfProject: string }
  /** All keys of a project (its id), and what was exchanged for them so far. */
  | { keysOfProject: string }
  | { keyId: string }
  /** All tokens, codes and sessions: those so far, or those issued before an instant (milliseconds). */
  | { everything: true; before?: number | undefined };

/** A marker that is durable. */
export type Marked = Pick<Revocation, 'key' | 'sequence' | 'before'>;

export type Revocations = {
  /** Marks what is named as dead, durably; `work` stays with the marker until `finish`. Idempotent. */
  mark(target: RevocationTarget, work?: string): Promise<Marked>;
  /** Removes the records of what was marked dead; answers how many there were. */
  sweep(target: RevocationTarget): Promise<number>;
  /** `mark`, then `sweep`: complete and durable when it resolves. */
  revoke(target: RevocationTarget): Promise<void>;
  isRevoked(links: TokenLinks): Promise<boolean>;
  /** The number of the last revocation: at least that of each that was answered before this call. */
  sequence(): Promise<number>;
};

/** No token lives longer than this. Milliseconds. */
const longestLifetime = lifetimes.refreshTokenChain * 1000;

/** What a process left when it died is finished well within this time. Milliseconds. */
const longestWork = 3_600_000;

/** Names that are never used again: whatever carries one is dead, also what is issued a moment later. */
const finalKinds = new Set([
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
   * A verifier may take a token, or what was exchanged for it, a little beyond its end. Work that is left must
   * be found, also when the token that it is about has expired meanwhile.
   */
  const expiryOf = (target: RevocationTarget) =>
    'expiresAt' in target
      ? Math.max(target.expiresAt + clockSkewMs, clock.now() + longestWork)
      : clock.now() + longestLifetime;

  const mark: Revocations['mark'] = async (target, work) => {
    const key = keyOf(target);
    const before = 'before' in target ? target.before : undefined;
    const sequence = await markers.put({
      ...{ key, work, before },
      status: 'status' in target ? target.status : undefined,
      expiresAt: expiryOf(target),
    });
    onMarked();
    return { key, sequence, before };
  };

  const sweep: Revocations['sweep'] = async (target) => {
    if ('record' in target) {
      await artifacts.remove(target.record.kind, target.record.id);
      return 1;
    }
    const selector = selectorOf(target);
    return selector ? artifacts.removeAll(selector) : 0;
  };

  const hasEnded = async (target: RevocationTarget) => {
    const key = keyOf(target);
    return endsForGood(key) && (await markers.find([key], clock.now())).length > 0;
  };

  return {
    mark,
    sweep,

    async revoke(target) {
      // Who presents what was spent, time and again, brings no revocation each time.
      if (!(await hasEnded(target))) await mark(target);
      await sweep(target);
    },

    async isRevoked(links) {
      const keys = [...keysOf(links), everythingKey, ...beforeKeys(links)];
      const found = await markers.find(keys, clock.now());
      return found.some((marker) => hits(marker, links));
    },

    sequence: sharedRead(() => markers.sequence()),
  };
}

/** Whether a marker ends a name that is never used again. */
export function endsForGood(key: string): boolean {
  return finalKinds.has(parseMarkerKey(key).kind);
}

/** Whether a marker, one of those that the links name, ends what they belong to. */
export function hits({ key, sequence, before }: Marked, links: TokenLinks): boolean {
  if (endsForGood(key)) return true;
  const { kind } = parseMarkerKey(key);
  // New sign-ins only: a session goes on issuing to clients long after it began.
  const isOfPerson = kind === 'user' || kind.startsWith('everything');
  const asOf = isOfPerson ? (links.signedInAsOf ?? links.asOf) : links.asOf;
  if (asOf >= sequence) return false;
  // What came after the revocation is spared in any case, also from a node whose clock is behind.
  return before === undefined || (links.issuedAt !== undefined && links.issuedAt < before);
}

/** Whether a marker can still be about a token that lives no longer than this. Milliseconds. */
export function mayHitTokens({ key, expiresAt }: Revocation, now: number, lifetime: number) {
  const { kind } = parseMarkerKey(key);
  // The marker of a single token goes when nobody takes that any more; what was exchanged for it, no later.
  if (kind === 'token' || kind === 'record') return true;
  return expiresAt - longestLifetime > now - lifetime;
}

/** The key of a target's marker: what a derived token's record names. */
export function keyOf(target: RevocationTarget): string {
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
 * What a token dies with that is exchanged for others: all of theirs, but for what it hangs on itself. As each
 * of them is alive when it is issued, later revocations alone are about it, and its own `asOf` tells them.
 */
export function lineageOf(links: TokenLinks, origins: readonly TokenLinks[]): string[] {
  const own = new Set(keysOf(links));
  return [...new Set(origins.flatMap(keysOf))].filter((key) => !own.has(key));
}

function beforeKeys({ issuedAt }: TokenLinks): string[] {
  return issuedAt === undefined ? [] : [everythingBeforeKey];
}

/** All that one of the kinds that have a name can end it by. */
function keysOf(links: TokenLinks): string[] {
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

/** The records that go with what is dead; the rest is refused by its marker until it expires. */
function selectorOf(target: RevocationTarget): ArtifactSelector | undefined {
  if ('familyId' in target) return { familyId: target.familyId };
  if ('grantId' in target) return { grantId: target.grantId };
  if ('clientId' in target) return { clientId: target.clientId };
  if ('accountId' in target) return { accountId: target.accountId };
  return undefined;
}
