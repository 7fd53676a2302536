/**
 * The kill switches: what is revoked is dead at every endpoint at once, and at verifiers within the promised time.
 */
import { z } from 'zod';
import { auditFieldsOf } from '../../api_keys/room.ts';
import { onRecord } from '../../audit/room.ts';
import { iso } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import { mayRevoke, requireAllowed } from '../../operators/room.ts';
import { indexedKinds } from '../../storage/artifacts.ts';
import { type NamedRevocation, revocationOf } from '../../tokens/room.ts';
import { acknowledged, findAcknowledged } from '../acknowledged_revocations.ts';
import { dependentsOf, dependentsSchema } from '../dependents.ts';
import { operation } from '../operation.ts';
import { instant, nothing } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { revocationResult, revocationState, revocationTarget } from '../views/revocation_view.ts';

const tag = 'Revocations';

type Target = z.output<typeof revocationTarget>;

/** What the target names; throws `not_found` where there is none. */
async function named(
  target: Target,
  { users, clients, projects, apiKeys, apis, store }: AdminServices,
  now: number,
): Promise<NamedRevocation> {
  if ('user' in target) {
    const user = await (await users()).find(target.user);
    if (!user) throw nothingNamed('user');
    return revocationOf.user(user.id, { apiKeys: target.api_keys });
  }
  if ('client' in target) {
    const { clientId } = await (await clients()).get(target.client);
    return revocationOf.client(clientId);
  }
  if ('grant' in target) {
    const grant = await store.artifacts.find(indexedKinds.grant, target.grant, now);
    if (!grant) throw nothingNamed('grant');
    return revocationOf.grant(grant);
  }
  if ('api' in target) {
    const identifier = apis.canonical(target.api);
    if (!apis.find(identifier)) throw nothingNamed('API');
    return revocationOf.api(identifier);
  }
  if ('api_key' in target) {
    const record = await (await apiKeys()).get(target.api_key);
    return revocationOf.apiKey(record, auditFieldsOf(record));
  }
  if ('project' in target)
    return revocationOf.project(await (await projects()).get(target.project));
  const { before } = target;
  return revocationOf.everything(
    before === undefined ? undefined : { at: Date.parse(before), text: before },
  );
}

export const createRevocation = operation({
  id: 'createRevocation',
  method: 'POST',
  path: '/revocations',
  tag,
  summary: 'Revoke',
  description:
    'Durable when it is answered. What it came to is counted afterwards, in the audit trail.',
  scope: 'revocations:write',
  events: [
    'revocation.user',
    'revocation.client',
    'revocation.grant',
    'revocation.api',
    'revocation.api_key',
    'revocation.project',
    'revocation.everything',
  ],
  sensitive: true,
  params: nothing,
  query: nothing,
  body: z.strictObject({ target: revocationTarget }),
  result: revocationResult,
  async run({ body: { target }, by, caller, now, services }) {
    requireAllowed(mayRevoke(caller, kindOf(target)));
    const { target: marked, order } = await named(target, services, now);
    const { killSwitches } = await services.switches();
    const outcome = await killSwitches.throwSwitch(marked, { ...order, ...onRecord(by) });
    return { result: await acknowledged(target, outcome, services) };
  },
});

export const estimateRevocation = operation({
  id: 'estimateRevocation',
  method: 'POST',
  path: '/revocations/estimate',
  tag,
  summary: 'See how much a revocation would hit',
  description: 'Changes nothing. Each number is counted up to a limit.',
  scope: 'revocations:write',
  params: nothing,
  query: nothing,
  body: z.strictObject({ target: revocationTarget }),
  result: dependentsSchema,
  async run({ body: { target }, caller, now, services }) {
    requireAllowed(mayRevoke(caller, kindOf(target)));
    const { target: marked } = await named(target, services, now);
    return { result: await dependentsOf(marked, { services, now }) };
  },
});

export const readRevocation = operation({
  id: 'readRevocation',
  method: 'GET',
  path: '/revocations/{revocation_id}',
  tag,
  summary: 'Read a revocation, and whether it has reached the status lists',
  description: 'For a week after it.',
  scope: 'revocations:write',
  params: z.strictObject({ revocation_id: z.string().min(1).max(100) }),
  query: nothing,
  body: z.undefined(),
  result: revocationState,
  async run({ params, services }) {
    const found = await findAcknowledged(params.revocation_id, services);
    if (!found) throw nothingNamed('revocation');
    const asOf = services.listsUpToDateAt();
    const state = {
      in_status_lists: asOf > Date.parse(found.revoked_at),
      lists_as_of: iso(asOf) ?? '',
    };
    return { result: { ...found, ...state } };
  },
});

export const readStatusLists = operation({
  id: 'readStatusLists',
  method: 'GET',
  path: '/status-lists',
  tag,
  summary: 'See how recent the status lists are',
  scope: 'usage:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: z
    .object({
      as_of: instant.describe(
        'Every revocation that was acknowledged before is in the lists that this node serves.',
      ),
    })
    .meta({ id: 'StatusLists' }),
  run: async ({ services }) => ({ result: { as_of: iso(services.listsUpToDateAt()) ?? '' } }),
});

function kindOf(target: Target): string {
  const kinds = ['user', 'client', 'grant', 'api', 'api_key', 'project', 'everything'];
  return kinds.find((kind) => kind in target) ?? 'everything';
}

function nothingNamed(what: string): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: `No such ${what}.` });
}

export const revocationOperations = [
  createRevocation,
  estimateRevocation,
  readRevocation,
  readStatusLists,
] as const;
