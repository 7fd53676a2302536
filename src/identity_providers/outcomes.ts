/**
 * What came of a sign-in at a provider, from its callback to the page that goes on: kept on the server, for the
 * interaction or the session that began it, and taken once.
 */
import type { Proof } from '../authentication/room.ts';
import type { Clock } from '../clock.ts';
import { minuteMs } from '../definitions/units.ts';
import { sha256 } from '../digests.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { MappedClaims } from './claims_mapping.ts';
import type { ProviderProblem } from './protocol.ts';

const kind = 'ProviderOutcome';
const lifetimeMs = 10 * minuteMs;

/** Somebody who is known by this at a provider. An `email` is one that the provider has verified. */
export type ProvenIdentity = {
  provider: string;
  issuer: string;
  subject: string;
  /** As the person is shown. */
  label: string;
  person: Pick<MappedClaims, 'username' | 'email' | 'claims' | 'groups' | 'roles'>;
  /** What the sign-in is worth. */
  proof: Proof;
  /** The last revocation before it. */
  asOf: number;
  /** The person has seen that this account has the same address, and is about to prove that it is theirs. */
  linkTo?: string | undefined;
};

/** `reference`: of the request that has failed. `detail`: for whoever tests the connection. */
export type ProviderFailure = {
  provider: string;
  problem: ProviderProblem;
  reference: string;
  detail?: string | undefined;
};

/** What the provider has said, for whoever tests the connection. `claims`: JSON, cut where it is too long. */
export type ProviderWords = { claims: string; mapped: MappedClaims };

/** `stays`: the person wants the session to outlive the browser's closing. */
export type ProviderOutcome =
  | { proven: ProvenIdentity; stays?: boolean | undefined; words?: ProviderWords | undefined }
  | { failure: ProviderFailure };

export type Outcomes = {
  keep(owner: OutcomeOwner, outcome: ProviderOutcome): Promise<void>;
  find(owner: OutcomeOwner): Promise<ProviderOutcome | undefined>;
  /** The same, and nobody gets it again. */
  take(owner: OutcomeOwner): Promise<ProviderOutcome | undefined>;
};

type OutcomeOwner =
  /** `link`: to be connected with an account that this interaction is about to prove, by whichever way of its own. */
  | { kind: 'sign_in' | 'link'; interaction: string }
  | { kind: 'connect' | 'test'; userId: string; session: string };

export function createOutcomes({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'put' | 'find' | 'consume' | 'remove'>;
  clock: Clock;
}): Outcomes {
  const idOf = (owner: OutcomeOwner) =>
    sha256(
      'interaction' in owner
        ? `${owner.kind === 'link' ? 'link' : 'interaction'} ${owner.interaction}`
        : `${owner.kind === 'test' ? 'test' : 'session'} ${owner.session} ${owner.userId}`,
    );
  const find: Outcomes['find'] = async (owner) => {
    const found = await artifacts.find(kind, idOf(owner), clock.now());
    return found && found.consumedAt === undefined ? (found.payload as ProviderOutcome) : undefined;
  };

  return {
    find,
    async keep(owner, outcome) {
      const id = idOf(owner);
      // One that was taken before stays spent otherwise.
      await artifacts.remove(kind, id);
      await artifacts.put({
        ...{ kind, id, payload: outcome },
        ...('userId' in owner && { accountId: owner.userId }),
        expiresAt: clock.now() + lifetimeMs,
      });
    },
    async take(owner) {
      const spent = await artifacts.consume(kind, idOf(owner), clock.now());
      return spent?.won ? (spent.artifact.payload as ProviderOutcome) : undefined;
    },
  };
}
