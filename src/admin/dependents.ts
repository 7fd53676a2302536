/**
 * What depends on an object, and so ends or breaks with it: told before it is disabled, deleted or revoked, and on the
 * page of the object. Each number is counted by an index and no further than an operator wants to know.
 */
import { z } from 'zod';
import { mostCounted } from '../definitions/limits.ts';
import { type ApiKeyListOptions, endOf } from '../storage/api_keys.ts';
import { liveKinds } from '../storage/artifacts.ts';
import type { RevocationTarget } from '../tokens/room.ts';
import type { AdminServices } from './services.ts';

export const counted = z
  .object({
    count: z.int().describe(`Up to ${mostCounted}.`),
    more: z.boolean().describe('There are more than were counted.'),
  })
  .meta({ id: 'Counted' });

/** Of what was counted up to one more than is told. */
export function countedOf(count: number): z.input<typeof counted> {
  return { count: Math.min(count, mostCounted), more: count > mostCounted };
}

export const dependentsSchema = z
  .object({
    sessions: counted.optional().describe('Browsers that a person is signed in with.'),
    grants: counted.optional().describe('What people have allowed to clients.'),
    refresh_tokens: counted.optional().describe('Apps that stay signed in: each is one family.'),
    api_keys: counted.optional().describe('Those that have neither expired nor been revoked.'),
    projects: counted.optional().describe('Those that a user owns.'),
    apis: counted.optional().describe('Those that the client is: it introspects and verifies.'),
    access_tokens: counted.describe('JWTs that APIs verify offline, without those of services.'),
    client_blocks: counted.describe(
      "Blocks of services' own access tokens, which are not counted one by one.",
    ),
  })
  .meta({ id: 'Dependents' });

export type Dependents = z.input<typeof dependentsSchema>;

type Asked = { services: AdminServices; now: number };

/** What ends with a revocation of the target. Changes nothing. Throws StoreUnavailableError. */
export async function dependentsOf(target: RevocationTarget, asked: Asked): Promise<Dependents> {
  const { estimate } = await asked.services.switches();
  const [{ tokens, clientBlocks, isComplete }, others] = await Promise.all([
    estimate(target),
    besidesTokens(target, asked),
  ]);
  const seen = (count: number) => ({ ...countedOf(count), ...(!isComplete && { more: true }) });
  return { ...others, access_tokens: seen(tokens), client_blocks: seen(clientBlocks) };
}

async function besidesTokens(
  target: RevocationTarget,
  { services, now }: Asked,
): Promise<Partial<Dependents>> {
  const { artifacts } = services.store;
  const most = mostCounted + 1;
  const count = async (selector: Parameters<typeof artifacts.count>[0]) =>
    countedOf(await artifacts.count(selector, { most, now }));
  if ('clientId' in target) {
    const { clientId } = target;
    return {
      grants: await count({ kind: liveKinds.grant, clientId }),
      refresh_tokens: await count({ kind: liveKinds.refreshToken, clientId }),
    };
  }
  if ('accountId' in target) {
    const { accountId } = target;
    return {
      sessions: await count({ kind: liveKinds.session, accountId }),
      grants: await count({ kind: liveKinds.grant, accountId }),
      ...(target.keys && { api_keys: await livingKeys({ userId: accountId }, { services, now }) }),
    };
  }
  if ('keysOfProject' in target) {
    const projectId = target.keysOfProject;
    return { api_keys: await livingKeys({ projectId }, { services, now }) };
  }
  return {};
}

/** Looks at so many keys of an owner as are counted, those that have ended included. */
async function livingKeys(
  owner: Pick<ApiKeyListOptions, 'userId' | 'projectId'>,
  { services: { store }, now }: Asked,
) {
  const { items, next } = await store.apiKeys.list({ ...owner, limit: mostCounted });
  const living = items.filter((key) => (endOf(key) ?? Number.POSITIVE_INFINITY) > now);
  return { count: living.length, more: next !== undefined };
}
