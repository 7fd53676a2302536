/**
 * Whether a key may still sign. A process learns a moment late that a key was revoked; what it signed in
 * between would be dead on arrival.
 */
import { CardeaError } from '../../errors.ts';
import type { Revocations } from '../revocations.ts';

/** Throws CardeaError `temporarily_unavailable` (503) for a key that was revoked: another signs in a moment. */
export async function assertKeyAlive(
  revocations: Pick<Revocations, 'isRevoked'>,
  keyId: string,
): Promise<void> {
  if (!(await revocations.isRevoked({ keyId, asOf: Number.POSITIVE_INFINITY }))) return;
  throw new CardeaError({
    code: 'temporarily_unavailable',
    status: 503,
    message: 'The signing key is being replaced. Try again in a moment.',
    retryAfter: 1,
  });
}
