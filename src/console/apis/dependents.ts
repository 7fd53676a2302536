/**
 * What depends on an API, counted as far as lists answer at once, and what happens to it when the API stops.
 */
import {
  estimateRevocation,
  listApiKeys,
  listClients,
  listGrantsOfClient,
  listProjects,
} from '../../admin/room.ts';
import type { ConsoleRequest } from '../page.ts';
import { capitalized } from '../parts/capitalized.ts';
import { countedOf, countText, isSome, mostListed } from '../parts/counts.ts';
import type { Api } from './shown_api.ts';

type Asked = Pick<ConsoleRequest, 'call' | 'may'>;

/** Clients whose grants are looked at; each is one read. */
const mostClients = 5;

/** Undefined, each: the operator may not see them. */
export async function dependentsOf(api: Api, { call, may }: Asked) {
  const query = { api: api.identifier, limit: String(mostListed) };
  const [clients, keys, projects] = await Promise.all([
    may(listClients) ? call(listClients, { query }).then(({ body }) => body) : undefined,
    may(listApiKeys) ? call(listApiKeys, { query }).then(({ body }) => body) : undefined,
    may(listProjects) ? call(listProjects, { query }).then(({ body }) => body) : undefined,
  ]);
  const mayGrants = clients && may(listGrantsOfClient);
  const grants = mayGrants ? await grantsFor(api, clients, { call }) : undefined;
  return { clients, keys, projects, grants };
}

export type Dependents = Awaited<ReturnType<typeof dependentsOf>>;

/** Consents of people that have a scope of the API. Of some clients only, where there are many. */
async function grantsFor(
  { scopes }: Api,
  clients: { items: readonly { client_id: string }[]; next: string | null },
  { call }: Pick<Asked, 'call'>,
) {
  const own = Object.keys(scopes ?? {});
  const looked = clients.items.slice(0, mostClients);
  const pages = await Promise.all(
    looked.map(async ({ client_id }) => {
      const query = { limit: String(mostListed) };
      return (await call(listGrantsOfClient, { params: { client_id }, query })).body;
    }),
  );
  const all = pages.flatMap(({ items }) => items);
  const isWhole =
    clients.next === null &&
    looked.length === clients.items.length &&
    pages.every(({ next }) => next === null);
  return {
    count: all.filter((grant) => grant.scopes.some((name) => own.includes(name))).length,
    isWhole,
  };
}

/** What stops, a sentence each. `isForGood`: it is deleted. */
export function breaks(
  { clients, keys, projects, grants }: Dependents,
  { isForGood }: { isForGood: boolean },
): readonly string[] {
  const active = keys && {
    items: keys.items.filter(({ state }) => state === 'active'),
    next: keys.next,
  };
  const some = (listed: Parameters<typeof countedOf>[0]) => isSome(countedOf(listed));
  return [
    'Nothing is issued for it any more, and all access tokens for it end: here at once, at verifiers that follow the status lists within seconds.',
    ...(clients
      ? [
          some(clients)
            ? `${capitalized(countText(countedOf(clients), 'client'))} may ask for it: they get no tokens for it${isForGood ? ', and cannot be saved until it is taken out of them' : ''}.`
            : 'No client names it.',
        ]
      : []),
    ...(active
      ? [
          some(active)
            ? `${capitalized(countText(countedOf(active), 'active API key'))}: refused with the next request that asks here${isForGood ? ', for good' : ''}.`
            : 'No API key for it is active.',
        ]
      : []),
    ...(projects && some(projects)
      ? [`${capitalized(countText(countedOf(projects), 'project'))} for it can have no new keys.`]
      : []),
    ...(grants && grants.count > 0 ? [grantsText(grants, { isForGood })] : []),
  ];
}

function grantsText(
  { count, isWhole }: NonNullable<Dependents['grants']>,
  { isForGood }: { isForGood: boolean },
): string {
  const many = `${isWhole ? '' : 'At least '}${count.toLocaleString('en')} ${count === 1 ? 'grant' : 'grants'}`;
  return isForGood
    ? `${many} of people: their refresh tokens bring nothing for it any more.`
    : `${many} of people: their refresh tokens bring nothing for it until it is enabled again.`;
}

/** How many JWTs are in use that it hits; nothing where the operator may not ask, or nothing is issued anyway. */
export async function tokensHit(
  { identifier: api, enabled }: Api,
  { call, may }: Asked,
): Promise<readonly string[]> {
  if (!enabled || !may(estimateRevocation)) return [];
  const { body } = await call(estimateRevocation, { body: { target: { api } } });
  const { access_tokens: tokens } = body;
  if (!isSome(tokens)) return ['No JWT access token of a person is valid for it now.'];
  return [`${capitalized(countText(tokens, 'JWT access token'))} of people end before their time.`];
}
