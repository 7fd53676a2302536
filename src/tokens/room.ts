/**
 * What a token is worth, and when it no longer is: the parts of this room put together. It owns revocation, the
 * status lists, the reading and issuing of JWT access tokens outside of the protocol engine's flows.
 */
import type { ApiRegistry } from '../apis/registry.ts';
import type { AuditSink } from '../audit/events.ts';
import type { Clock } from '../clock.ts';
import type { Sign } from '../keys/compact_jws.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Store } from '../storage/store.ts';
import { type AccessTokenReader, createAccessTokenReader } from './access_token_reader.ts';
import { createTokenIssuer, type TokenIssuer } from './issuer.ts';
import type { KillSwitches } from './kill_switches.ts';
import { createResumption, type ResumptionLog } from './resumption.ts';
import type { Revocations } from './revocations.ts';
import type { StatusAssignment } from './status/assignment.ts';
import { createStatusRoom, type StatusRoom } from './status/room.ts';
import { createStoreSwitches } from './store_switches.ts';

export type TokensRoom = {
  revocations: Revocations;
  accessTokens: AccessTokenReader;
  killSwitches: KillSwitches;
  status: StatusRoom;
  assignment: StatusAssignment;
  issuer: TokenIssuer;
  /** Loads the status lists and finishes what processes that died left. StoreUnavailableError. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export function createTokensRoom({
  issuer,
  store,
  keys,
  sign,
  refreshKeys,
  unpublishKey,
  endApiKey,
  longestTokenLifetimeMs,
  effectiveWithin,
  apis,
  audit,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<Store, 'documents' | 'revocations' | 'statusRanges' | 'artifacts'>;
  keys: Pick<Keyring, 'snapshot'>;
  sign: Sign;
  /** A signing key was revoked, here or elsewhere: what is known of keys is old. */
  refreshKeys: () => void;
  unpublishKey: (kid: string, reason: string) => Promise<unknown>;
  endApiKey: (keyId: string, at: number) => Promise<unknown>;
  longestTokenLifetimeMs: () => number;
  /** `revocation.effective_within`: seconds. */
  effectiveWithin: number;
  apis: ApiRegistry;
  audit: AuditSink;
  clock: Clock;
  log: ResumptionLog;
}): TokensRoom {
  const status = createStatusRoom({
    ...{ issuer, store, keys, sign, effectiveWithin, longestTokenLifetimeMs, clock, log },
    onKeyRevoked: refreshKeys,
  });
  const { revocations, killSwitches } = createStoreSwitches({
    ...{ store, unpublishKey, endApiKey, effectiveWithin, apis, audit, clock },
    onMarked: status.poke,
  });
  const resumption = createResumption({ killSwitches, log });
  const assignment = status.assignment(revocations);

  return {
    ...{ revocations, killSwitches, status, assignment },
    accessTokens: createAccessTokenReader({
      ...{ issuer, keyring: keys, revocations, artifacts: store.artifacts, clock },
      status: status.records,
    }),
    issuer: createTokenIssuer({
      ...{ issuer, sign, status: assignment, clock },
      currentKey: () => keys.snapshot().current,
    }),
    async start() {
      await Promise.all([status.start(), resumption.start()]);
    },
    async close() {
      await Promise.all([status.close(), resumption.stop()]);
    },
  };
}
