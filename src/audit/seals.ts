/**
 * The seals of the trail: HMAC-SHA-256 with a key that is derived from the master secret, so that whoever changes the
 * store, and has no more than the store, cannot make one. It owns what a seal covers. What the links of a chain prove
 * together is in verification.ts.
 */
import { equalDigests, hmacSha256, sha256 } from '../digests.ts';
import type { Secrets } from '../secrets/room.ts';
import type { AuditChain } from '../storage/audit_chains.ts';
import type { AuditEvent, AuditLink } from '../storage/audit_events.ts';

/** `id` tells keys apart and reveals nothing of them. */
export type SealingKey = { id: string; key: Buffer };

/** From every master secret: the first seals, all verify. */
export type SealingKeys = readonly [SealingKey, ...SealingKey[]];

export function createSealingKeys(secrets: Pick<Secrets, 'deriveAll'>): SealingKeys {
  const [first, ...others] = secrets.deriveAll('audit seals').map((key) => ({
    ...{ id: sha256(`audit seals ${hmacSha256(key, 'id')}`).slice(0, 8), key },
  }));
  if (!first) throw new TypeError('there is no secret');
  return [first, ...others];
}

/** 132 bits of the HMAC, base64url. */
const sealLength = 22;

function seal({ key }: SealingKey, text: string): string {
  return hmacSha256(key, text).slice(0, sealLength);
}

/** What a seal covers of an event: all but the link itself, and what folding changes. */
function bodyOf({ link: _link, count: _count, lastAt: _lastAt, ...event }: AuditEvent): string {
  return JSON.stringify(event);
}

type Place = Required<Pick<AuditLink, 'chain' | 'number' | 'previous' | 'latest'>>;

function chained(body: string, { chain, number, previous, latest }: Place): string {
  return `${chain} ${number} ${previous} ${latest}\n${body}`;
}

/** The event in its place. It has no link, count or time of a last one yet. */
export function sealed(key: SealingKey, event: AuditEvent, place: Place): AuditEvent {
  return { ...event, link: { ...place, seal: seal(key, chained(JSON.stringify(event), place)) } };
}

/** An event that others are folded into: in no chain, as any process may be the one that begins it. */
export function sealedAlone<Event extends AuditEvent>(key: SealingKey, event: Event): Event {
  return { ...event, link: { seal: seal(key, `folded\n${bodyOf(event)}`) } };
}

/** Whether the seal is right by one of the keys. */
export function isSealed(keys: readonly SealingKey[], event: AuditEvent): boolean {
  const { chain, number, previous, latest, seal: given } = event.link ?? {};
  if (typeof given !== 'string') return false;
  const body = bodyOf(event);
  const isAlone = chain === undefined;
  if (!isAlone && (number === undefined || previous === undefined || latest === undefined)) {
    return false;
  }
  const text = isAlone
    ? `folded\n${body}`
    : chained(body, { chain, number, previous, latest } as Place);
  return keys.some((key) => equalDigests(seal(key, text), given));
}

/** A record of the trail itself: of a chain, or of what was purged. */
type Sealable = { key: string; seal: string };

export function sealedRecord<Kept extends Sealable>(
  key: SealingKey,
  record: Omit<Kept, 'key' | 'seal'>,
): Kept {
  const named = { ...record, key: key.id };
  return { ...named, seal: seal(key, `record\n${JSON.stringify(named)}`) } as unknown as Kept;
}

/** `unknown_key`: it was sealed with a secret that is not among the configured ones, or somebody wrote so. */
export function checkRecord(
  keys: readonly SealingKey[],
  record: Sealable,
): 'right' | 'wrong' | 'unknown_key' {
  const { seal: given, key: id, ...content } = record;
  const key = keys.find((candidate) => candidate.id === id);
  if (!key) return 'unknown_key';
  const text = `record\n${JSON.stringify({ ...content, key: id })}`;
  return equalDigests(seal(key, text), String(given)) ? 'right' : 'wrong';
}

/** The chain with these events at its end; `linked` as they follow it. */
export function extended(
  key: SealingKey,
  { key: _key, seal: _seal, ...chain }: AuditChain,
  { link, at }: AuditEvent,
): AuditChain {
  const { number = chain.number, latest = chain.latest, seal: last = '' } = link ?? {};
  return sealedRecord(key, { ...chain, number, latest: Math.max(latest, at), last });
}
