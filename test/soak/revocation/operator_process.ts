/**
 * The operator: what `cardea revoke …` does, in a process that stays, as a start of the command takes longer
 * than what is measured here. Configured by the same environment as the command.
 */
import { type OperatorContext, withContext } from '../../../src/cli/context.ts';
import { findUser } from '../../../src/cli/records/find_user.ts';
import type { RevocationOrder } from '../../../src/tokens/revocation/kill_switches.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import type { FromOperator, Switch, ToOperator } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

await withContext(async (context) => {
  const { killSwitches } = await context.switches();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  process.on('disconnect', leave);
  process.on('message', async (message: ToOperator) => {
    const { id } = message;
    try {
      if ('throw' in message) {
        const { target, type } = await aim(context, message.throw);
        await killSwitches.throwSwitch(target, { ...context.operator, type, reason: 'a soak' });
      } else {
        const [keyring] = await context.keyrings();
        await keyring.rotate();
      }
      say({ id, answeredAt: monotonicMs() });
    } catch (error) {
      say({ id, error: String(error) });
    }
  });
  await left;
});

async function aim(
  context: OperatorContext,
  chosen: Switch,
): Promise<{ target: RevocationTarget; type: RevocationOrder['type'] }> {
  if ('user' in chosen) {
    const { id: accountId } = await findUser(context, chosen.user);
    return { target: { accountId }, type: 'revocation.user' };
  }
  if ('client' in chosen) return { target: { clientId: chosen.client }, type: 'revocation.client' };
  if ('api' in chosen) return { target: { api: chosen.api }, type: 'revocation.api' };
  if ('key' in chosen) return { target: { keyId: chosen.key }, type: 'revocation.signing_key' };
  if ('everything' in chosen) return { target: chosen, type: 'revocation.everything' };
  const { user, client } = chosen.grant;
  const { id } = await findUser(context, user);
  const grant = await context.store.artifacts.findGrant(id, client, context.clock.now());
  if (!grant) throw new Error(`${user} has granted ${client} nothing`);
  return { target: { grantId: grant.id }, type: 'revocation.grant' };
}

function say(message: FromOperator): void {
  process.send?.(message);
}
