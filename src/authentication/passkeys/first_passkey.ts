/**
 * Who may set up a first passkey: whoever has proven all that the account has. Otherwise a stolen password would make
 * itself a passkey, which is worth more.
 */
import type { AuthenticatorsRecord } from '../../storage/authenticators.ts';
import type { Proof } from '../proofs.ts';

/** Whether nothing of the account's is left unproven. A browser that was trusted some time ago proves nothing. */
export function mayMakeFirst(
  { passkeys, totps }: AuthenticatorsRecord,
  proofs: readonly Proof[],
): boolean {
  if (passkeys.length > 0) return false;
  return totps.length === 0 || proofs.some(({ method }) => isCode(method));
}

/** What an authenticator app proves, or stands in for it. */
export function isCode(method: Proof['method']): boolean {
  return method === 'totp' || method === 'recovery_code';
}
