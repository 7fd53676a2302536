/**
 * Identifiers that may be used once: of client assertions (RFC 7523 section 3) and DPoP proofs (RFC 9449 section
 * 11.1). The library looks one up and stores it later, so that two requests in between would both pass; here the
 * store decides.
 */
import { type Clock, clockSkewMs } from '../../clock.ts';
import { sha256 } from '../../digests.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import { kinds, type RecordKind } from './kinds.ts';
import type { Begun } from './unfinished_records.ts';

const kind: RecordKind = 'ReplayDetection';

/** Records an identifier; false where it was there. `expiresAt` in seconds since the epoch. Atomic. */
export type RecordOnce = (owner: string, jti: string, expiresAt: number) => Promise<boolean>;

export function createRecordOnce({
  artifacts,
  begun,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'insert'>;
  begun: Pick<Begun, 'begin'>;
  clock: Clock;
}): RecordOnce {
  return async (owner, jti, expiresAt) => {
    const id = sha256(`${owner} ${jti}`);
    const marker = { kind, id, payload: {}, expiresAt: expiresAt * 1000 + clockSkewMs };
    await begun.begin(marker, kinds[kind].counted);
    return artifacts.insert(marker, clock.now());
  };
}
