/**
 * Limits how many mails one address and one account are sent, so that nobody is flooded by what somebody else asks for.
 * What tells an owner of a change is counted apart: whoever uses up the mails that anybody can ask for must not be able to
 * keep a change from its owner. So is each kind of change: many small ones must not hide a large one, nor the link that
 * takes it back.
 */
import type { Clock } from '../clock.ts';
import { normaliseName } from '../definitions/names.ts';
import { hmacSha256 } from '../digests.ts';
import type { CounterStore } from '../storage/counters.ts';

type Rate = { limit: number; windowMs: number };

type CountedMail = {
  to: string;
  userId?: string | undefined;
  /** What it is about. */
  template: string;
  /** Whether anybody can have it sent. */
  isAskedFor: boolean;
};

export type MailBudget = {
  /** Counts a mail; false, and nothing is counted, where a limit is reached. Throws StoreUnavailableError. */
  take(mail: CountedMail): Promise<boolean>;
};

export function createMailBudget({
  counters,
  clock,
  policy: { per_address: perAddress, per_account: perAccount },
  key,
}: {
  counters: Pick<CounterStore, 'addAll'>;
  clock: Clock;
  policy: { per_address: Rate; per_account: Rate };
  /** Derived for this purpose: the store learns no addresses. */
  key: Buffer;
}): MailBudget {
  return {
    async take({ to, userId, template, isAskedFor }) {
      const kind = isAskedFor ? 'asked for' : template;
      const counter = (who: string[], rate: Rate) => ({
        ...{ ...rate, amount: 1 },
        key: `mails:${hmacSha256(key, JSON.stringify([kind, ...who]))}`,
      });
      const additions = [counter(['address', mailboxOf(to)], perAddress)];
      if (userId !== undefined) additions.push(counter(['account', userId], perAccount));
      return (await counters.addAll(additions, clock.now())) === undefined;
    },
  };
}

/** Without a tag (`alice+anything@…`), with which one mailbox has any number of addresses. */
function mailboxOf(address: string): string {
  return normaliseName(address).replace(/(?<=[^@])\+[^@]*(?=@)/, '');
}
