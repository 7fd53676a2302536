/**
 * Recovery codes: ten at a time, each for one sign-in, for when the other second factor is not at hand. Only hashes of
 * them are kept; a code has 120 bits, so a fast hash will do (ASVS 5.0, 6.5.2).
 */
import { randomBytes } from 'node:crypto';
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { sha256 } from '../digests.ts';
import type { Authenticators } from './authenticators.ts';

/** Crockford's base32: no letter looks like a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const count = 10;
const characters = 24;

export type RecoveryCodes = {
  /** Makes a new set in place of the old one. Answers the codes, this once. */
  renew(userId: string, by: AuditContext): Promise<string[]>;
  /** Whether it is one of those that are left, and spends it. */
  spend(userId: string, code: string, by: AuditContext): Promise<boolean>;
};

export function createRecoveryCodes({
  authenticators,
  clock,
}: {
  authenticators: Pick<Authenticators, 'change'>;
  clock: Clock;
}): RecoveryCodes {
  return {
    async renew(userId, by) {
      const codes = Array.from({ length: count }, newCode);
      const hashes = codes.map((code) => hashOf(userId, code));
      await authenticators.change(userId, { type: 'recovery_codes.renewed', by }, () => ({
        recoveryCodes: { hashes, createdAt: clock.now() },
      }));
      return codes;
    },
    spend(userId, code, by) {
      const hash = hashOf(userId, code);
      return authenticators.change(
        userId,
        { type: 'recovery_code.used', by },
        ({ recoveryCodes: codes }) =>
          codes?.hashes.includes(hash)
            ? {
                recoveryCodes: {
                  ...codes,
                  hashes: codes.hashes.filter((other) => other !== hash),
                  lastUsedAt: clock.now(),
                },
              }
            : undefined,
      );
    },
  };
}

function newCode(): string {
  const letters = [...randomBytes(characters)].map((byte) => alphabet[byte % alphabet.length]);
  return letters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
}

/** However it is typed: small letters, without dashes, O for 0, I and L for 1. */
function hashOf(userId: string, code: string): string {
  const normal = code
    .toUpperCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  return sha256(`recovery code ${userId} ${normal}`);
}
