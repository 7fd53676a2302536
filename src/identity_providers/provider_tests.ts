/**
 * Tests of the connection to a provider: an operator signs in there, and sees what came and what would become of the
 * person. Nobody is made, connected or signed in. What came is kept for the session that began it.
 */
import type { Arrival, Arrivals } from './arrivals.ts';
import type { NewAccount, NewAccounts } from './new_accounts.ts';
import type { Outcomes, ProviderWords } from './outcomes.ts';
import type { ProviderProblem } from './protocol.ts';
import type { ProviderSignIns } from './service.ts';

/** Whoever began it. `session`: a digest. */
type Tester = { userId: string; session: string };

/** `account`: what would be made of somebody new; undefined where nothing would be. */
export type ProviderTestResult =
  | { problem: ProviderProblem; detail: string | undefined; reference: string }
  | (ProviderWords & {
      issuer: string;
      subject: string;
      arrival: Arrival;
      account: NewAccount | undefined;
    });

export type ProviderTests = {
  /** Throws ProviderFault, and CardeaError `too_many_requests` (429). */
  begin(
    id: string,
    tester: Tester,
    from: { ip: string; browser: string | undefined },
  ): Promise<{ url: string; browser: string }>;
  /** What came of the last one; undefined: nothing yet, or more than ten minutes ago. */
  find(id: string, tester: Tester): Promise<ProviderTestResult | undefined>;
};

export function createProviderTests({
  signIns,
  outcomes,
  arrivals,
  newAccounts,
}: {
  signIns: Pick<ProviderSignIns, 'begin' | 'find'>;
  outcomes: Pick<Outcomes, 'find'>;
  arrivals: Pick<Arrivals, 'of'>;
  newAccounts: Pick<NewAccounts, 'preview'>;
}): ProviderTests {
  return {
    begin: (id, tester, { ip, browser }) =>
      signIns.begin(id, { purpose: { kind: 'test', ...tester }, ip }, browser),

    async find(id, tester) {
      const outcome = await outcomes.find({ kind: 'test', ...tester });
      if (!outcome) return undefined;
      if ('failure' in outcome) {
        const { provider, problem, detail, reference } = outcome.failure;
        return provider === id ? { problem, detail, reference } : undefined;
      }
      const { proven, words } = outcome;
      const provider = signIns.find(id);
      if (!words || !provider || proven.provider !== id) return undefined;
      const arrival = await arrivals.of(proven, provider);
      const isMade = arrival.is === 'new' && arrival.policy !== 'refuse';
      const { issuer, subject } = proven;
      const account = isMade ? await newAccounts.preview(proven) : undefined;
      return { ...{ issuer, subject, arrival, account }, ...words };
    },
  };
}
