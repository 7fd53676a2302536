/**
 * One search over everything that has words.
 */
import { z } from 'zod';
import type { AdminScope } from '../../definitions/admin_scopes.ts';
import { projectOfClient, seesProject } from '../../operators/room.ts';
import type { ApiRecord } from '../../storage/apis.ts';
import { searchKinds } from '../../storage/listing.ts';
import type { SearchResult } from '../../storage/search.ts';
import type { AdminCaller } from '../caller.ts';
import { operation } from '../operation.ts';
import { nothing, trimmedText } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { projectOfApi } from '../views/api_view.ts';

/** APIs have no index of words: there are few. */
const kinds = [...searchKinds, 'api'] as const;

/** What the caller needs to find records of a kind. */
const scopeOf: Record<(typeof kinds)[number], AdminScope> = {
  user: 'users:read',
  client: 'clients:read',
  project: 'projects:read',
  api_key: 'api_keys:read',
  api: 'apis:read',
};

const mostOfKind = 20;

const result = z
  .object({
    items: z.array(
      z.object({
        kind: z.enum(kinds),
        id: z.string(),
        name: z.string(),
        detail: z.string().optional().describe('What tells it from others of the same name.'),
      }),
    ),
    more: z.array(z.enum(kinds)).describe('Kinds of which there are more.'),
    complete: z.boolean().describe('False while older records are still being indexed.'),
  })
  .meta({ id: 'SearchResults' });

export const search = operation({
  id: 'search',
  method: 'GET',
  path: '/search',
  tag: 'Search',
  summary: 'Find users, clients, projects, API keys and APIs by their words',
  description:
    'Those that the caller may see, whose words begin with the given ones: names, ids, mail addresses, the beginning of a key.',
  scope: 'clients:read',
  params: nothing,
  query: z.strictObject({
    text: trimmedText(200),
    limit: z.coerce.number().int().min(1).max(mostOfKind).default(5).describe('Of each kind.'),
  }),
  body: z.undefined(),
  result,
  async run({ query: { text, limit }, caller, services }) {
    const maySee = (kind: (typeof kinds)[number]) => caller.scopes.has(scopeOf[kind]);
    const ofWords = { text, kinds: searchKinds.filter(maySee), limit };
    const [{ items, more, isComplete }, apis] = await Promise.all([
      services.store.search.find(ofWords),
      maySee('api') ? apisWith({ text, limit }, { caller, services }) : noApis,
    ]);
    const seen = items.filter((found) => isSeen(found, caller));
    return {
      result: {
        items: [...seen.map(shown), ...apis.items.map(shownApi)],
        more: [...more, ...(apis.hasMore ? (['api'] as const) : [])],
        complete: isComplete,
      },
    };
  },
});

const noApis = { items: [], hasMore: false };

async function apisWith(
  query: { text: string; limit: number },
  { caller, services }: { caller: AdminCaller; services: AdminServices },
) {
  const { items, next } = await (await services.apiRecords()).list(query);
  const seen = items.filter((record) => seesProject(caller, projectOfApi(record)));
  return { items: seen, hasMore: next !== undefined };
}

function isSeen(found: SearchResult, caller: AdminCaller): boolean {
  if (found.kind === 'client') return seesProject(caller, projectOfClient(found.record));
  if (found.kind === 'project') return seesProject(caller, found.record.id);
  if (found.kind === 'api_key') return seesProject(caller, found.record.projectId);
  return true;
}

function shown(found: SearchResult): z.input<typeof result>['items'][number] {
  if (found.kind === 'user') {
    const { id, username, email } = found.record;
    return { kind: found.kind, id, name: username, ...(email !== undefined && { detail: email }) };
  }
  if (found.kind === 'client') {
    const { clientId, metadata } = found.record;
    const { client_name: name } = metadata;
    const isNamed = typeof name === 'string';
    return { kind: found.kind, id: clientId, name: isNamed ? name : clientId, detail: clientId };
  }
  if (found.kind === 'project') {
    const { id, name, api } = found.record;
    return { kind: found.kind, id, name, detail: api };
  }
  const { id, name, display } = found.record;
  return { kind: found.kind, id, name, detail: `${display.start}…${display.end}` };
}

function shownApi({ identifier: id, members }: ApiRecord): z.input<typeof result>['items'][number] {
  const { name = id } = members as { name?: string | Record<string, string> };
  const [first = id] = typeof name === 'string' ? [name] : Object.values(name);
  return { kind: 'api', id, name: first, detail: id };
}

export const searchOperations = [search] as const;
