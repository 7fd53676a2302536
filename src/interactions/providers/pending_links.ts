/**
 * A sign-in by which a person proves an account that an identity at a provider is to be connected with: the same address
 * is verified on both sides, and the person was told.
 */
import type { Context } from 'koa';
import { requestState } from '../../http/request_state.ts';
import type { IdentityProviders, TellOfIdentity } from '../../identity_providers/room.ts';
import type { UserRecord } from '../../storage/users.ts';
import type { Interaction } from '../interaction.ts';

export type PendingLinks = {
  /** Whether this person is about to connect one: then everything that the account has is to be proven. */
  isPending(interaction: Interaction, userId: string): Promise<boolean>;
  /** Connects it, now that the account is proven. */
  complete(ctx: Context, interaction: Interaction, user: UserRecord): Promise<void>;
};

export function createPendingLinks({
  providers: { signIns, outcomes, arrivals, identities },
  tell,
}: {
  providers: Pick<IdentityProviders, 'signIns' | 'outcomes' | 'arrivals' | 'identities'>;
  tell: TellOfIdentity;
}): PendingLinks {
  const ownerOf = ({ uid }: Interaction) => ({ kind: 'link', interaction: uid }) as const;

  const isPossible = signIns.offered(undefined).length > 0;

  const find = async (interaction: Interaction, userId: string) => {
    if (!isPossible) return undefined;
    const outcome = await outcomes.find(ownerOf(interaction));
    return outcome && 'proven' in outcome && outcome.proven.linkTo === userId
      ? outcome.proven
      : undefined;
  };

  return {
    isPending: async (interaction, userId) => (await find(interaction, userId)) !== undefined,

    async complete(ctx, interaction, user) {
      const proven = await find(interaction, user.id);
      if (!proven || !(await outcomes.take(ownerOf(interaction)))) return;
      // The address may have changed hands since the page was shown.
      if ((await arrivals.sameAddress(proven))?.id !== user.id) return;
      const { requestId, address } = requestState(ctx);
      const by = { actor: `user:${user.id}`, ip: address.ip, requestId };
      const answer = await identities.connect({ id: user.id, by }, proven);
      if (answer !== 'connected') return;
      await tell(user.id, { provider: proven.provider, ip: address.ip });
    },
  };
}
