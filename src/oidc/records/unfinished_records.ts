/**
 * Which of the records that the library writes are a stranger's: begun by a request that anybody can send. Each
 * counts against the network that it came from (rate_limits/network_budget.ts) until it has led to something.
 */
import type { Client } from 'oidc-provider';
import { serverLimits } from '../../definitions/limits.ts';
import { requestState } from '../../http/request_state.ts';
import type { NetworkBudget } from '../../rate_limits/room.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import { createRequestSlot, currentContext, currentRoute } from '../engine/request_slots.ts';
import type { Counted } from './kind_columns.ts';
import { kinds, type RecordKind } from './kinds.ts';

export type Begun = {
  /** A record was read that may be finished by this request. */
  found(artifact: Artifact, counted: Counted): void;
  /** Before a record is written. Throws CardeaError `too_many_requests` (429). */
  begin(artifact: Artifact, counted: Counted): Promise<void>;
  /** A record of this kind was spent, or is gone. */
  finish(kind: RecordKind): Promise<void>;
};

/** The stored id of the session that the request came with. Set and read here. */
const sessionId = createRequestSlot<string>();
/** What the records that the request may finish count, by kind. Set and read here. */
const unfinished = createRequestSlot<Partial<Record<string, number>>>();

export function createBegun({
  budget,
  isStranger,
}: {
  budget: NetworkBudget;
  isStranger: (client: Client) => Promise<boolean>;
}): Begun {
  const isStrangers = async (counted: Counted): Promise<boolean> => {
    if (typeof counted !== 'object' || counted.by === 'anybody') return true;
    const client = currentContext()?.oidc.client;
    return client !== undefined && isStranger(client);
  };
  const isNew = ({ id, accountId }: Artifact, counted: Counted): boolean => {
    if (counted === 'never') return false;
    if (counted === 'without_person') return accountId === undefined && sessionId.get() !== id;
    const signs = currentContext()?.oidc.client?.clientAuthMethod === 'private_key_jwt';
    return (counted.ofAssertions && signs) || counted.on.includes(currentRoute() ?? '');
  };
  const address = () => {
    const ctx = currentContext();
    return ctx && requestState(ctx).address.ip;
  };

  return {
    found(artifact, counted) {
      const { kind, id } = artifact;
      if (counted === 'without_person') sessionId.set(id);
      else if (counted !== 'never') {
        unfinished.set({ ...unfinished.get(), [kind]: unitsOf(artifact) });
      }
    },

    async begin(artifact, counted) {
      const from = address();
      if (from === undefined || !isNew(artifact, counted) || !(await isStrangers(counted))) return;
      await budget.take(from, unitsOf(artifact));
    },

    async finish(kind) {
      const from = address();
      const units = unfinished.get()?.[kind];
      if (from === undefined || units === undefined || !(await isStrangers(kinds[kind].counted)))
        return;
      await budget.giveBack(from, units);
    },
  };
}

function unitsOf({ payload }: Artifact): number {
  return Math.ceil(JSON.stringify(payload).length / serverLimits.unfinishedRequest);
}
