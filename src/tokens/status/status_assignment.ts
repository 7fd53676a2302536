/**
 * Gives each JWT access token its own position in a status list. The position is on record before the token
 * is signed, so it can be found again whatever revokes the token later.
 */
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { StatusLeaseStore } from '../../storage/status_leases.ts';
import type { StatusRangeStore } from '../../storage/status_ranges.ts';
import type { Revocations } from '../revocation/revocations.ts';
import {
  type ClientRequest,
  type ClientToken,
  createClientBlocks,
  type Position,
} from './client_blocks.ts';
import type { ListRegistry } from './list_registry.ts';
import { createPositions } from './positions.ts';

/** A token that depends on more than its client: one of a person, or one that was exchanged for another. */
export type SingleToken = ClientToken & {
  userId: string | undefined;
  grantId: string | undefined;
  familyId: string | undefined;
  /** See sessionReference(). */
  session: string | undefined;
  /** See StatusRange. */
  derivedFrom?: readonly string[] | undefined;
  /** A revocation that the request knows to be the last one, as far as it has looked. Undefined: it has not. */
  asOf?: number | undefined;
};

/** The `status` claim (draft-ietf-oauth-status-list-21 section 6.2). */
export type StatusClaim = { status_list: { idx: number; uri: string } };

export type StatusAssignment = {
  /** For a token that a client gets for itself. Not recorded one by one. */
  toClient(token: ClientRequest): Promise<StatusClaim>;
  /**
   * For any other token, recorded with what it depends on. A revocation of its client, its API or everything
   * either finds the record or is older. Whether its user, grant or origins were revoked is for the caller to
   * check afterwards.
   */
  toSingle(token: SingleToken): Promise<StatusClaim>;
};

/** If an API is revoked again each time, that is a bug, not bad luck. */
const mostAttempts = 50;

/** Where a list is served: the `uri` in its tokens' claims. */
export function statusListUri(issuer: string, id: string): string {
  return `${issuer.replace(/\/$/, '')}/status-lists/${id}`;
}

export function createStatusAssignment({
  issuer,
  registry,
  leases,
  ranges,
  revocations,
  clock,
}: {
  issuer: string;
  registry: ListRegistry;
  leases: Pick<StatusLeaseStore, 'add' | 'end'>;
  ranges: Pick<StatusRangeStore, 'add'>;
  revocations: Pick<Revocations, 'isRevoked' | 'sequence'>;
  clock: Clock;
}): StatusAssignment {
  const positions = createPositions({ registry, leases, revocations, clock });
  const blocks = createClientBlocks({ positions, ranges, revocations, clock });

  const claim = ({ list, position }: Position): StatusClaim => ({
    status_list: { idx: list.permutation.indexOf(position), uri: statusListUri(issuer, list.id) },
  });

  return {
    toClient: async (token) => claim(await blocks.take(token)),

    async toSingle({ issuedAt, expiresAt, asOf: known, ...links }) {
      const { clientId, api, keyId } = links;
      const use = { clientId, api, keyId, issuedAt, issuedUntil: issuedAt + 1 };
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const asOf = (attempt === 0 ? known : undefined) ?? (await revocations.sequence());
        const { list, first, inClientLease } = await positions.take(1, { ...use, asOf });
        await ranges.add({
          ...links,
          ...(inClientLease && { inClientLease }),
          ...{ list: list.id, first, count: 1, issuedFrom: issuedAt, perSecond: 1, asOf },
          expiresAt: expiresAt * 1000 + clockSkewMs,
        });
        // A revocation in the meantime may have been applied before the position was on record. Its bit then
        // stays clear although the token is revoked. The next position is newer than that revocation. A
        // revoked signing key is no reason to retry: the signer checks that afterwards and comes back.
        const all = { clientId, api, asOf, issuedAt: issuedAt * 1000 };
        if (!(await revocations.isRevoked(all))) {
          return claim({ list, position: first });
        }
      }
      throw new Error('no position in a status list was available');
    },
  };
}
