/**
 * Why a sign-in was refused, between the form and the page that shows it: a signed cookie that holds for one
 * interaction. Nothing of it comes from an address, so no link makes the page say anything; and nothing is stored for
 * whoever guesses.
 */
import type { Context } from 'koa';
import { minuteMs } from '../definitions/units.ts';
import type { ProviderProblem } from '../identity_providers/room.ts';
import type { Interaction } from './interaction.ts';

/** `copied_passkey`: it counts back. `new_passkey`: one could not be set up. */
type PasskeyFault = 'invalid_passkey' | 'copied_passkey' | 'new_passkey' | 'too_many_passkeys';

/** `link`: nothing is wrong; the account with this address is to be proven, so that the provider is connected to it. */
type ProviderOutcome = `provider_${ProviderProblem | 'no_account' | 'disabled' | 'link'}`;

export type RefusedSignIn = {
  error: 'invalid_credentials' | 'wrong_code' | 'throttled' | PasskeyFault | ProviderOutcome;
  /** As it was typed. */
  username: string;
  /** Whether the box was ticked. */
  staysSignedIn?: boolean | undefined;
  /** Of `throttled`: when to try again, in milliseconds since the Unix epoch. */
  until?: number;
  /** A passkey that nobody has here, by its id: for whoever keeps it in the browser. */
  unknownPasskey?: string | undefined;
  /** What the provider is called that it is about. */
  provider?: string | undefined;
  /** Of the request that an operator can be asked about. */
  reference?: string | undefined;
};

export type RefusedSignIns = {
  /** Undefined: the last sign-in was not refused, or long ago, or in another interaction. */
  read(ctx: Context, interaction: Interaction): RefusedSignIn | undefined;
  write(ctx: Context, interaction: Interaction, refused: RefusedSignIn): void;
  clear(ctx: Context, interaction: Interaction): void;
};

const name = 'cardea_refused_sign_in';
const shownForMs = 5 * minuteMs;

export function createRefusedSignIns({ secure }: { secure: boolean }): RefusedSignIns {
  const attributes = ({ paths }: Interaction) =>
    ({ httpOnly: true, sameSite: 'lax', secure, path: paths.cookies, signed: true }) as const;

  return {
    read(ctx, { uid }) {
      const value = ctx.cookies.get(name, { signed: true });
      if (!value) return undefined;
      const { of, ...refused } = JSON.parse(Buffer.from(value, 'base64url').toString());
      return of === uid ? refused : undefined;
    },

    write(ctx, interaction, refused) {
      const value = JSON.stringify({ of: interaction.uid, ...refused });
      ctx.cookies.set(name, Buffer.from(value).toString('base64url'), {
        ...attributes(interaction),
        maxAge: shownForMs,
        overwrite: true,
      });
    },

    clear(ctx, interaction) {
      if (ctx.cookies.get(name, { signed: false })) {
        ctx.cookies.set(name, null, attributes(interaction));
      }
    },
  };
}
