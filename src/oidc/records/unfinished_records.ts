/**
 * Which of the records that the library writes are a stranger's: begun by a request that anybody can send. Each
 * counts against the network that it came from (rate_limits/unfinished_budget.ts) until it has led to something.
 */
import type { Client } from 'oidc-provider';
import { serverLimits } from '../../definitions/limits.ts';
import { requestState } from '../../http/request_state.ts';
import type { UnfinishedBudget } from '../../rate_limits/room.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import { createRequestSlot, currentContext, currentRoute } from '../engine/request_slots.ts';

export type Begun = {
  /** A record was read that may be finished by this request. */
  found(artifact: Artifact): void;
  /** Before a record is written. Throws CardeaError `too_many_requests` (429). */
  begin(artifact: Artifact): Promise<void>;
  /** A record of this kind was spent, or is gone. */
  finish(kind: string): Promise<void>;
};

/** The routes on which a record of a kind is new: elsewhere it is written again. */
const newOn: Record<string, readonly string[]> = {
  Interaction: ['authorization', 'resume'],
  DeviceCode: ['device_authorization'],
  PushedAuthorizationRequest: ['pushed_authorization_request'],
  // At the token endpoint only whoever has something to redeem leaves one, or signs with a key of his own.
  ReplayDetection: ['pushed_authorization_request'],
};
/** What a client asks for that authenticates itself is no stranger's. */
const byClient = new Set(['DeviceCode', 'PushedAuthorizationRequest', 'ReplayDetection']);

/** The stored id of the session that the request came with. Set and read here. */
const sessionId = createRequestSlot<string>();
/** What the records that the request may finish count, by kind. Set and read here. */
const unfinished = createRequestSlot<Partial<Record<string, number>>>();

export function createBegun({
  budget,
  isStranger,
}: {
  budget: UnfinishedBudget;
  isStranger: (client: Client) => Promise<boolean>;
}): Begun {
  const isStrangers = async (kind: string): Promise<boolean> => {
    if (!byClient.has(kind)) return true;
    const client = currentContext()?.oidc.client;
    return client !== undefined && isStranger(client);
  };
  const isNew = ({ kind, id, accountId }: Artifact): boolean => {
    if (kind === 'Session') return accountId === undefined && sessionId.get() !== id;
    const signs = currentContext()?.oidc.client?.clientAuthMethod === 'private_key_jwt';
    if (kind === 'ReplayDetection' && signs) return true;
    return newOn[kind]?.includes(currentRoute() ?? '') ?? false;
  };
  const address = () => {
    const ctx = currentContext();
    return ctx && requestState(ctx).address.ip;
  };

  return {
    found(artifact) {
      const { kind, id } = artifact;
      if (kind === 'Session') sessionId.set(id);
      if (kind in newOn) {
        unfinished.set({ ...unfinished.get(), [kind]: unitsOf(artifact) });
      }
    },

    async begin(artifact) {
      const from = address();
      if (from === undefined || !isNew(artifact) || !(await isStrangers(artifact.kind))) return;
      await budget.take(from, unitsOf(artifact));
    },

    async finish(kind) {
      const from = address();
      const units = unfinished.get()?.[kind];
      if (from === undefined || units === undefined || !(await isStrangers(kind))) return;
      await budget.giveBack(from, units);
    },
  };
}

function unitsOf({ payload }: Artifact): number {
  return Math.ceil(JSON.stringify(payload).length / serverLimits.unfinishedRequest);
}
