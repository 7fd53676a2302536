/**
 * Whether an access token of this issuer is revoked, and to those who may know, why. Whether it is, its status list
 * tells everybody (Token Status List); who did what is for operators.
 */
import type { AccessTokenReader, Revocations, TokenFault } from '../../tokens/room.ts';
import { say } from '../portable/statement.js';
import type { Statement } from '../report.ts';
import type { Visitor } from './inspected.ts';
import { revokedBecause } from './revocation_reasons.ts';

export type AccessTokenRecords = {
  reader: AccessTokenReader;
  /** The same, within what its client may have at the moment. */
  bounded: Pick<AccessTokenReader, 'read'>;
  revocations: Pick<Revocations, 'revokedBy'>;
};

/** `isAlive`: its signature is right and its times are. Where it is over, nothing is looked up. */
export async function stateOfAccessToken(
  { reader, bounded, revocations }: AccessTokenRecords,
  token: string,
  { isAlive, visitor }: { isAlive: boolean; visitor: Visitor },
): Promise<Statement[]> {
  if (!isAlive) return [say('fact', 'revocation_moot')];
  const fault = await reader.explain(token);
  // Over by the clock of the server, whatever instant was asked about.
  if (fault?.code === 'expired') return [say('fact', 'revocation_moot')];
  if (fault) {
    if (!visitor.seesRecords) return [say('bad', 'revoked', {}, 6)];
    return explained(fault, fault.links ? await revocations.revokedBy(fault.links) : []);
  }
  const known = await bounded.read(token);
  if (!known) {
    const code = visitor.seesRecords ? 'client_bounds' : 'revoked';
    return [say('bad', code, {}, 6)];
  }
  const { status } = known;
  if (!status) return [say('good', 'not_revoked')];
  return [say('good', 'not_revoked_by_list', { list: status.list, index: status.index })];
}

function explained(
  { code }: TokenFault,
  markers: Awaited<ReturnType<Revocations['revokedBy']>>,
): Statement[] {
  if (markers.length > 0) return revokedBecause(markers);
  if (code === 'grant_ended') return [say('bad', 'grant_ended', {}, 6)];
  return [say('bad', code === 'not_on_record' ? 'not_on_record' : 'revoked', {}, 6)];
}
