/**
 * The pages of passkeys behind the first proof, and what each has the browser ask for. A request is bound to its page:
 * what answers it is taken from nowhere else.
 */
import type { Context } from 'koa';
import type { Authentication, Passkeys } from '../authentication/room.ts';
import type { PasskeyForm } from '../pages/page_data.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Interaction } from './interaction.ts';
import { pageUser } from './page_user.ts';
import type { StepPages } from './step_pages.ts';

/** What requests of an interaction are for. */
export const purposes = {
  /** Whoever it is. */
  signIn: ({ uid }: Interaction) => `sign in at ${uid}`,
  /** This person. */
  confirm: ({ uid }: Interaction, userId: string) => `confirm at ${uid} ${userId}`,
  setUp: ({ uid }: Interaction, userId: string) => `set up at ${uid} ${userId}`,
  /** Made by the browser itself. */
  offer: ({ uid }: Interaction, userId: string) => `offer at ${uid} ${userId}`,
};

type Show = (ctx: Context, interaction: Interaction, user: UserRecord) => Promise<void>;

export type PasskeyPages = {
  /** For the sign-in page; undefined where browsers have no passkeys for this issuer. */
  signInForm(interaction: Interaction): PasskeyForm | undefined;
  confirmForm(interaction: Interaction, userId: string): Promise<PasskeyForm>;
  showConfirm: Show;
  showSetUp: Show;
  /** The sign-in is over. `isOffer`: the browser may make a passkey on the way. */
  showGoOn(
    ctx: Context,
    interaction: Interaction,
    user: UserRecord,
    options: { isOffer: boolean },
  ): Promise<void>;
};

export function createPasskeyPages({
  passkeys,
  authenticators,
  pages,
  renderer,
}: {
  passkeys: Passkeys;
  authenticators: Pick<Authentication['authenticators'], 'find'>;
  pages: StepPages;
  renderer: PageRenderer;
}): PasskeyPages {
  const ownedBy = async (userId: string) => (await authenticators.find(userId))?.passkeys ?? [];

  const confirmForm: PasskeyPages['confirmForm'] = async (interaction, userId) => ({
    action: interaction.paths.passkey,
    ceremony: passkeys.request(purposes.confirm(interaction, userId), await ownedBy(userId)),
  });

  const creation = async (purpose: string, user: UserRecord, isSilent: boolean) => {
    const { id, username } = user;
    const owner = { id, username, name: pageUser(user).name };
    return passkeys.creation(purpose, owner, { passkeys: await ownedBy(id), isSilent });
  };

  return {
    signInForm: (interaction) =>
      passkeys.isPossible
        ? {
            action: interaction.paths.passkey,
            ceremony: passkeys.request(purposes.signIn(interaction)),
          }
        : undefined,

    confirmForm,

    async showConfirm(ctx, interaction, user) {
      const { uiLocales } = interaction;
      const errors = ['invalid_passkey', 'copied_passkey'] as const;
      const data = {
        ...{ ...pages.shared(ctx, interaction), user: pageUser(user) },
        ...pages.problem(ctx, interaction, errors),
        ...(await confirmForm(interaction, user.id)),
      };
      renderer.render(ctx, 'passkey', data, { uiLocales });
    },

    async showSetUp(ctx, interaction, user) {
      const { uiLocales, paths } = interaction;
      const errors = ['new_passkey', 'too_many_passkeys'] as const;
      const data = {
        ...{ ...pages.shared(ctx, interaction), user: pageUser(user) },
        ...pages.problem(ctx, interaction, errors),
        action: paths.newPasskey,
        ceremony: await creation(purposes.setUp(interaction, user.id), user, false),
      };
      renderer.render(ctx, 'new_passkey', data, { uiLocales });
    },

    async showGoOn(ctx, interaction, user, { isOffer }) {
      const { client, hidden } = pages.shared(ctx, interaction);
      const { uiLocales, paths } = interaction;
      const purpose = purposes.offer(interaction, user.id);
      const data = {
        ...{ client, hidden, action: paths.goOn },
        ...(isOffer && { ceremony: await creation(purpose, user, true) }),
      };
      renderer.render(ctx, 'signed_in', data, { uiLocales });
    },
  };
}
