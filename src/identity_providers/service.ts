/**
 * Sign-in at providers as a whole: which there are, the way there, the way back, and what comes of it.
 */
import type { Clock } from '../clock.ts';
import { epochSeconds } from '../clock.ts';
import { addressDomain } from '../definitions/names.ts';
import type { NetworkBudget } from '../rate_limits/room.ts';
import type { Revocations } from '../tokens/room.ts';
import type { BegunSignIns, SignInPurpose } from './begun_sign_ins.ts';
import type { Outcomes, ProviderOutcome } from './outcomes.ts';
import { ProviderFault, type ProviderProblem, type ProviderProtocol } from './protocol.ts';
import { callbackUri, type IdentityProvider } from './provider.ts';
import { wordsOf } from './provider_words.ts';
import { provenIdentity, requireFresh } from './verdict.ts';

/** A provider that can be signed in with. */
export type KnownProvider = { provider: IdentityProvider; protocol: ProviderProtocol };

type Wish = {
  purpose: SignInPurpose;
  /** Where the browser is. */
  ip: string;
  loginHint?: string | undefined;
  /** Seconds: how long ago the provider may have asked the person at most; 0: it has to ask now. */
  maxAge?: number | undefined;
  /** The provider is to let the person choose an account. */
  isChoice?: boolean | undefined;
  uiLocales?: string | undefined;
};

/** What the callback ends with. `fault`: for the operator. */
type Returned = { purpose: SignInPurpose; fault?: ProviderFault };

export type ProviderSignIns = {
  find(id: string): IdentityProvider | undefined;
  /** Those that a client offers; `ids` undefined: all. */
  offered(ids: readonly string[] | undefined): IdentityProvider[];
  /** Where people of the domain of this address sign in, among those that are offered. */
  ofAddress(typed: string, ids: readonly string[] | undefined): IdentityProvider | undefined;
  /** `browser`: what it has to bring back. Throws ProviderFault `unavailable`, and CardeaError `too_many_requests` (429). */
  begin(
    id: string,
    wish: Wish,
    browser: string | undefined,
  ): Promise<{ url: string; browser: string }>;
  /** Undefined: nothing of this browser's is waiting for this. `query`: of the callback. */
  complete(
    id: string,
    query: string,
    from: { browser: string | undefined; reference: string; ip: string },
  ): Promise<Returned | undefined>;
};

export function createProviderSignIns({
  known,
  begun,
  outcomes,
  issuer,
  revocations,
  budget,
  count,
  clock,
}: {
  known: readonly KnownProvider[];
  begun: BegunSignIns;
  outcomes: Pick<Outcomes, 'keep'>;
  issuer: string;
  revocations: Pick<Revocations, 'sequence'>;
  /** How many sign-ins that lead to nothing one network may begin. */
  budget: NetworkBudget;
  count: (provider: string, outcome: 'proven' | ProviderProblem) => void;
  clock: Clock;
}): ProviderSignIns {
  const byId = new Map(known.map((one) => [one.provider.id, one]));
  const offered: ProviderSignIns['offered'] = (ids) =>
    known.map(({ provider }) => provider).filter(({ id }) => ids?.includes(id) ?? true);

  return {
    find: (id) => byId.get(id)?.provider,
    offered,
    ofAddress(typed, ids) {
      const domain = addressDomain(typed);
      if (domain === undefined) return undefined;
      return offered(ids).find(({ domains }) => domains.includes(domain));
    },

    async begin(id, { purpose, ip, maxAge, isChoice, loginHint, uiLocales }, given) {
      const { protocol } = byId.get(id) ?? fail();
      await budget.take(ip, 1);
      const { browser, ...secrets } = await begun.begin({ provider: id, purpose, maxAge }, given);
      const wish = {
        ...secrets,
        redirectUri: callbackUri(issuer, id),
        loginHint,
        maxAge,
        isChoice,
        uiLocales,
      };
      return { url: (await protocol.authorizationUrl(wish)).href, browser };
    },

    async complete(id, query, { browser, reference, ip }) {
      const { provider, protocol } = byId.get(id) ?? {};
      if (!provider || !protocol) return undefined;
      const state = new URLSearchParams(query).get('state') ?? '';
      const found = await begun.take(state, id, browser);
      if (!found) return undefined;
      const { purpose, maxAge, at } = found;
      // Before the proof: a revocation that comes meanwhile is not missed.
      const asOf = await revocations.sequence();
      let outcome: ProviderOutcome;
      let fault: ProviderFault | undefined;
      try {
        const identity = await protocol.exchange(
          new URL(`${callbackUri(issuer, id)}?${query}`),
          found,
        );
        requireFresh(identity, { maxAge, begunAt: Math.floor(at / 1000) });
        const proven = provenIdentity(provider, identity, { now: epochSeconds(clock), asOf });
        outcome = {
          proven,
          ...(purpose.kind === 'sign_in' && { stays: purpose.stays }),
          ...(purpose.kind === 'test' && { words: wordsOf(provider, identity) }),
        };
      } catch (error) {
        if (!(error instanceof ProviderFault)) throw error;
        fault = error;
        const { problem, message } = error;
        const detail = purpose.kind === 'test' ? message : undefined;
        outcome = { failure: { provider: id, problem, reference, detail } };
      }
      await outcomes.keep(purpose, outcome);
      if (!fault) await budget.giveBack(ip, 1);
      count(id, fault?.problem ?? 'proven');
      return { purpose, ...(fault && { fault }) };
    },
  };
}

function fail(): never {
  throw new Error('there is no such provider');
}
