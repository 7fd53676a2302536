/**
 * One-time passwords of authenticator apps (RFC 6238): six digits, 30 seconds, HMAC-SHA-1, which is what all apps know.
 * Each step is spent once. Secrets are sealed, as every check needs them.
 */
import { HOTP, Secret, TOTP } from 'otpauth';
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { equalSecrets, randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { Secrets } from '../secrets/room.ts';
import type { TotpRecord } from '../storage/authenticators.ts';
import type { Authenticators } from './authenticators.ts';

/** Bound to the person: nobody can be given another's. */
const purposeFor = (userId: string) => `totp secret ${userId}`;
/** RFC 4226 section 4: 128 bits at least, 160 recommended. */
const secretBytes = 20;
const period = 30;
/** Steps before and after the current one that are taken (RFC 6238 section 5.2). */
const drift = 1;
const mostApps = 5;

/** A secret as it gets into an app. */
type ShownTotp = {
  /** As it is typed where no QR code can be read: base32 in groups of four. */
  typed: string;
  /** `otpauth://totp/…`, for the QR code. */
  uri: string;
};

export type Totps = {
  /** A new secret, sealed. Nothing is kept of it until it is confirmed. */
  begin(userId: string): string;
  /** `issuer`, `label`: where and whose it is, as apps show it. Throws CardeaError `cannot_unseal` where it is not this person's. */
  show(user: { id: string; issuer: string; label: string }, sealed: string): ShownTotp;
  /**
   * Keeps it, once the app has shown that it has the secret, and removes the app that it `replaces`, by its id; `all`: every
   * second factor, with the recovery codes. `isFirst`: the person must have no second factor by then. `wrong`: the code;
   * `late`: there is one. Throws CardeaError `cannot_unseal` (the form was changed), `too_many_authenticators` (409).
   */
  confirm(
    user: { id: string; by: AuditContext },
    totp: {
      sealed: string;
      code: string;
      name: string;
      isFirst: boolean;
      replaces?: string | undefined;
    },
  ): Promise<'kept' | 'wrong' | 'late'>;
  /** Whether the app that is being set up shows this code. Throws CardeaError `cannot_unseal`. */
  isRight(userId: string, totp: { sealed: string; code: string }): boolean;
  /** Whether the code is one of the person's, and spends it: of any number of the same one is right. */
  spend(userId: string, code: string): Promise<boolean>;
};

export function createTotps({
  authenticators,
  secrets,
  clock,
}: {
  authenticators: Pick<Authenticators, 'change'>;
  secrets: Pick<Secrets, 'seal' | 'open' | 'sealedByFirst'>;
  clock: Clock;
}): Totps {
  /** The step that the code belongs to; undefined: none of those that are taken. */
  const stepOf = (secret: Secret, code: string): number | undefined => {
    const current = Math.floor(clock.now() / 1000 / period);
    // All of them, so that the time does not tell which one it was.
    const steps = Array.from({ length: 2 * drift + 1 }, (_, index) => current - drift + index);
    return steps.filter((step) =>
      equalSecrets(HOTP.generate({ secret, counter: step, digits: 6 }), code),
    )[0];
  };
  const open = (userId: string, sealed: string) =>
    Secret.fromHex(secrets.open(purposeFor(userId), sealed).toString());
  /** With the first master secret, so that an older one can go. */
  const sealedAnew = (userId: string, sealed: string) =>
    secrets.sealedByFirst(sealed)
      ? sealed
      : secrets.seal(purposeFor(userId), open(userId, sealed).hex);

  return {
    begin: (userId) => secrets.seal(purposeFor(userId), new Secret({ size: secretBytes }).hex),

    show({ id, issuer, label }, sealed) {
      const secret = open(id, sealed);
      return {
        typed: secret.base32.replaceAll(/(.{4})(?=.)/g, '$1 '),
        uri: new TOTP({ issuer, label, secret, digits: 6, period }).toString(),
      };
    },

    isRight: (userId, { sealed, code }) =>
      stepOf(open(userId, sealed), digitsOf(code)) !== undefined,

    async confirm({ id, by }, { sealed, code, name, isFirst, replaces }) {
      const step = stepOf(open(id, sealed), digitsOf(code));
      if (step === undefined) return 'wrong';
      const now = clock.now();
      const totp: TotpRecord = { id: randomId(), sealed, name, lastStep: step, createdAt: now };
      const isKept = await authenticators.change(
        id,
        {
          type: 'authenticator.added',
          by,
          details: { kind: 'totp', name, ...(replaces && { replaces }) },
        },
        ({ totps, passkeys }) => {
          if (isFirst && totps.length + passkeys.length > 0) return undefined;
          if (replaces === 'all') return { totps: [totp], passkeys: [], recoveryCodes: undefined };
          const others = totps.filter((other) => other.id !== replaces);
          if (others.length >= mostApps) throw tooMany();
          return { totps: [...others, totp] };
        },
      );
      return isKept ? 'kept' : 'late';
    },

    spend(userId, code) {
      const digits = digitsOf(code);
      const now = clock.now();
      return authenticators.change(userId, undefined, ({ totps }) => {
        const spent = totps.flatMap(({ id, sealed, lastStep }) => {
          const step = stepOf(open(userId, sealed), digits);
          return step !== undefined && step > lastStep ? [{ id, step }] : [];
        })[0];
        if (!spent) return undefined;
        return {
          totps: totps.map((totp) =>
            totp.id === spent.id
              ? {
                  ...{ ...totp, sealed: sealedAnew(userId, totp.sealed) },
                  ...{ lastStep: spent.step, lastUsedAt: now },
                }
              : totp,
          ),
        };
      });
    },
  };
}

/** Apps show the digits in groups, and people type them so. */
function digitsOf(code: string): string {
  return code.replaceAll(/[\s-]/g, '');
}

function tooMany(): CardeaError {
  return new CardeaError({
    ...{ code: 'too_many_authenticators', status: 409 },
    message: `There are ${mostApps} authenticator apps already. Remove one first.`,
  });
}
