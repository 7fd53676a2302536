/**
 * Sign-ins at a provider that came to nothing: what the person is told on the sign-in page, and what operators find.
 */
import type { Context } from 'koa';
import type { RepeatableSink } from '../../audit/room.ts';
import { requestState } from '../../http/request_state.ts';
import type { IdentityProvider } from '../../identity_providers/room.ts';
import { type Interaction, signInPage } from '../interaction.ts';
import type { RefusedSignIn, RefusedSignIns } from '../refused_sign_in.ts';
import { seeOther } from '../see_other.ts';

type Word = Omit<RefusedSignIn, 'username'> & { username?: string };
/** `provider`: its id. `name`: what people know it by. */
type Refusal = Omit<Word, 'provider'> & { provider: string; name: string };
/** `detail`: for the operator. */
type OwnRefusal = Pick<Word, 'error'> & { provider: IdentityProvider; detail: string };

export type ProviderRefusals = {
  /** Back to the sign-in page, which says the word. */
  back(ctx: Context, interaction: Interaction, word: Word): undefined;
  /** The same of a sign-in that failed, by an earlier request. */
  refuse(ctx: Context, interaction: Interaction, refusal: Refusal): Promise<undefined>;
  /** Refused by this request, and on record under its reference. */
  refuseHere(ctx: Context, interaction: Interaction, refusal: OwnRefusal): Promise<undefined>;
};

export function createProviderRefusals({
  refusedSignIns,
  audit,
}: {
  refusedSignIns: Pick<RefusedSignIns, 'write'>;
  audit: RepeatableSink;
}): ProviderRefusals {
  const back: ProviderRefusals['back'] = (ctx, interaction, word) => {
    refusedSignIns.write(ctx, interaction, { username: '', ...word });
    seeOther(ctx, signInPage(interaction));
  };

  const refuse: ProviderRefusals['refuse'] = async (
    ctx,
    interaction,
    { provider, name, ...word },
  ) => {
    const { requestId, address } = requestState(ctx);
    const by = { clientId: interaction.client.clientId, ip: address.ip, requestId };
    await audit.recordRepeatable({
      ...{ type: 'sign_in.failed', outcome: 'failure', ...by },
      ...{ subject: provider, details: { provider } },
    });
    return back(ctx, interaction, { ...word, provider: name });
  };

  return {
    ...{ back, refuse },
    refuseHere(ctx, interaction, { error, provider: { id, name }, detail }) {
      const { requestId: reference } = requestState(ctx);
      const { clientId } = interaction.client;
      requestState(ctx).refusal = () => ({ error, provider: id, detail, client_id: clientId });
      return refuse(ctx, interaction, { error, provider: id, name, reference });
    },
  };
}
