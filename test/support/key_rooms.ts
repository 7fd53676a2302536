/**
 * API keys and projects on a store, with an operator's kill switches, as a process of its own has them.
 */
import { createIdempotentRequests } from '../../src/api_keys/lifecycle/idempotent_requests.ts';
import { createApiKeys } from '../../src/api_keys/lifecycle/service.ts';
import type { ChangeSink } from '../../src/audit/events.ts';
import type { Clock } from '../../src/clock.ts';
import { createProjects } from '../../src/projects/room.ts';
import type { Store } from '../../src/storage/store.ts';
import { killSwitchesOn } from './kill_switches.ts';

export function keyRoomsOn(
  store: Store,
  { declared, audit, clock }: { declared: object; audit: ChangeSink; clock: Clock },
) {
  const operator = killSwitchesOn(store, { declared, audit, clock });
  const { killSwitches, apis, secrets, changes } = operator;
  const policy = operator.declaration.api_keys;
  const { apiKeys: keys, projects, users, artifacts } = store;
  const shared = { keys, projects, users, apis, policy, changes, killSwitches, audit, clock };
  return {
    ...{ killSwitches, apis, policy },
    apiKeys: createApiKeys({
      ...shared,
      idempotent: createIdempotentRequests({ artifacts, secrets, clock }),
    }),
    projects: createProjects(shared),
  };
}
