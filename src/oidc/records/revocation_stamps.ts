/**
 * Which revocations came before a record: the number of the last one when it was issued (`as_of`), and when
 * the person behind it signed in (`signed_in_as_of`). What springs from a record inherits them, so that a
 * request that was under way brings nothing to life that was revoked meanwhile. Stored as members of the
 * payload that the library does not look at.
 */

import type { Artifact } from '../../storage/artifacts.ts';
import type { Revocations } from '../../tokens/room.ts';
import { errors } from '../engine/library.ts';
import { createRequestSlot, currentContext } from '../engine/request_slots.ts';
import type { KindRow } from './kind_columns.ts';
import { currentFamily } from './token_family.ts';

export type Stamps = { asOf: number; signedInAsOf: number | undefined };

/** How a kind of record is stamped (kind_columns.ts). */
type Stamp = KindRow['ends']['stamp'];

type Inherited = Partial<Stamps> & {
  /** When what was presented was issued, or began. Milliseconds since the epoch. */
  issuedAt?: number;
};

/** What the records that were presented pass on. Set and read here. */
const inherited = createRequestSlot<Inherited>();

/** A record from before there were stamps is older than every revocation. */
export function stampsOf(payload: Artifact['payload']): Stamps {
  const { as_of: asOf = 0, signed_in_as_of: signedInAsOf } = payload as {
    as_of?: number;
    signed_in_as_of?: number;
  };
  return { asOf, signedInAsOf };
}

/** The session that an access token ends with. See sessionReference(). */
export function sessionOf(extra: unknown): string | undefined {
  return (extra as { sid?: string } | undefined)?.sid;
}

/** When it was issued; of a session and of what is rotated, when that began. Milliseconds since the epoch. */
export function issuedAtOf({ loginTs, iiat, iat }: Artifact['payload']): number {
  return Number(loginTs ?? iiat ?? iat) * 1000;
}

/** What a new token says of what it hangs on. */
type NewToken = {
  grantId?: string;
  accountId?: string;
  clientId?: string;
  extra?: Record<string, unknown> | undefined;
};

/** Of the tokens that the current request continues. */
export type FamilyState = 'alive' | 'ended';

export type TokenStamps = ReturnType<typeof createStamps>;

export function createStamps({
  revocations,
}: {
  revocations: Pick<Revocations, 'sequence' | 'isRevoked'>;
}) {
  /** A sign-in of this very request, or the one behind what was presented. */
  const signedInAsOf = (): number | undefined => {
    const login = currentContext()?.oidc.result?.login as { as_of?: number } | undefined;
    return login?.as_of ?? inherited.get()?.signedInAsOf;
  };

  return {
    /**
     * Throws InvalidGrant when what the current token request presented has been revoked meanwhile. Asked after
     * the new token is on record, so that a revocation sees the token or this sees the revocation. The end of the
     * family is no reason, and is answered: of all that redeem a code at once, one gets tokens, which the others'
     * replays have ended.
     */
    async assertAlive({ grantId, accountId, clientId, extra }: NewToken): Promise<FamilyState> {
      const { asOf, issuedAt } = inherited.get() ?? {};
      const familyId = currentFamily();
      const withoutFamily = {
        ...{ grantId, accountId, clientId, issuedAt },
        session: sessionOf(extra),
        asOf: asOf ?? Number.POSITIVE_INFINITY,
        signedInAsOf: signedInAsOf(),
      };
      if (!(await revocations.isRevoked({ ...withoutFamily, familyId }))) return 'alive';
      if (!(await revocations.isRevoked(withoutFamily))) return 'ended';
      throw new errors.InvalidGrant('grant was revoked');
    },

    /** Adds what a new record must remember. */
    async stamp({ payload }: Artifact, stamp: Stamp): Promise<void> {
      if (stamp === 'none') return;
      payload.signed_in_as_of = signedInAsOf();
      if (stamp === 'sign_in') return;
      const passedOn = stamp === 'now' ? undefined : inherited.get()?.asOf;
      payload.as_of = passedOn ?? (await revocations.sequence());
    },

    /** Remembers for this request what a record that was presented passes on. */
    inherit({ payload }: Artifact, stamp: Stamp): void {
      if (stamp === 'none') return;
      const { asOf, signedInAsOf: signedIn } = stampsOf(payload);
      const issuedAt = issuedAtOf(payload);
      // What is issued to a session that has been there for days is issued now.
      inherited.set({
        ...inherited.get(),
        signedInAsOf: signedIn,
        ...(stamp !== 'sign_in' && { asOf, issuedAt }),
      });
    },
  };
}
