/**
 * The apps and agents that a person has given access: what they hold grants for, one for each client however many grants
 * it has.
 */
import { builtInClientIds } from '../../definitions/built_in.ts';
import type { AccountApp } from '../../pages/account_data.ts';
import { personScopeText, textIn } from '../../pages/texts.ts';
import { type Artifact, liveKinds } from '../../storage/artifacts.ts';
import type { AccountRequest } from '../page.ts';
import { introduce } from './introduced_client.ts';

/** Grants of a person that are looked at. */
const mostGrants = 200;
/** The newest events of a person among which the last use of an app is looked for. */
const eventsLookedAt = 300;

export type GrantedApp = {
  clientId: string;
  grants: readonly [Artifact, ...Artifact[]];
  /** Milliseconds since the epoch; undefined: not among the person's newest events. */
  lastUsedAt: number | undefined;
};

type GrantContent = {
  iat?: number;
  openid?: { scope?: string };
  resources?: Record<string, string>;
};

type Reader = Pick<AccountRequest, 'person' | 'services' | 'now'>;

/** Newest first; Cardea's own sites are none of them. */
export async function readApps({ person, services, now }: Reader): Promise<GrantedApp[]> {
  const selector = { kind: liveKinds.grant, accountId: person.id };
  const [{ items }, uses] = await Promise.all([
    services.store.artifacts.list(selector, { limit: mostGrants, now }),
    lastUses({ person, services }),
  ]);
  const apps = Map.groupBy(items, ({ clientId = '' }) => clientId);
  return [...apps].flatMap(([clientId, [first, ...more]]) =>
    !first || clientId === '' || builtInClientIds.has(clientId)
      ? []
      : [{ clientId, grants: [first, ...more] as const, lastUsedAt: uses.get(clientId) }],
  );
}

/** Undefined: the person has given this client nothing, or it is one of Cardea's own. */
export async function readApp(clientId: string, reader: Reader): Promise<GrantedApp | undefined> {
  const listed = (await readApps(reader)).find((app) => app.clientId === clientId);
  if (listed || builtInClientIds.has(clientId)) return listed;
  const { person, services, now } = reader;
  const grant = await services.store.artifacts.findGrant(person.id, clientId, now);
  return grant && { clientId, grants: [grant], lastUsedAt: undefined };
}

/** By client; whatever a client did for the person is on record. */
async function lastUses({
  person,
  services,
}: Pick<Reader, 'person' | 'services'>): Promise<Map<string, number>> {
  const { events } = await services.store.audit.search({
    ...{ userId: person.id, limit: eventsLookedAt },
  });
  const uses = new Map<string, number>();
  for (const { type, clientId, at, lastAt = at } of events) {
    if (clientId && /^(token\.(issued|refreshed)|sign_in\.succeeded)$/.test(type)) {
      if (!uses.has(clientId)) uses.set(clientId, lastAt);
    }
  }
  return uses;
}

export async function shownApp(
  { clientId, grants, lastUsedAt }: GrantedApp,
  { services, locale, times }: Pick<AccountRequest, 'services' | 'locale' | 'times'>,
): Promise<AccountApp> {
  const client = await services.findClient(clientId);
  const contents = grants.map(({ payload }) => payload as GrantContent);
  const since = Math.min(...contents.flatMap(({ iat }) => iat ?? []));
  return {
    client: client ? introduce(client, locale) : { name: clientId },
    groups: groupsOf(contents, { services, locale }),
    since: Number.isFinite(since) ? times.moment(since * 1000) : undefined,
    lastUsed: lastUsedAt === undefined ? undefined : times.ago(lastUsedAt),
  };
}

function groupsOf(
  contents: readonly GrantContent[],
  { services: { apis, scopes }, locale }: Pick<AccountRequest, 'services' | 'locale'>,
): AccountApp['groups'] {
  const own = namesIn(contents.map(({ openid }) => openid?.scope));
  const byApi = Map.groupBy(
    contents.flatMap(({ resources = {} }) => Object.entries(resources)),
    ([identifier]) => identifier,
  );
  const groups = [...byApi].map(([identifier, entries]) => {
    const api = apis.find(identifier);
    const said = (name: string) => textIn(locale, api?.scopes[name] ?? '') || name;
    return {
      title: api ? textIn(locale, api.name) : identifier,
      // With an API, the library repeats what is about the person.
      scopes: namesIn(entries.map(([, text]) => text))
        .filter((name) => !own.includes(name))
        .map(said),
    };
  });
  const personal = own.map((name) => personScopeText(locale, name, scopes.textOf(name)).title);
  return [{ scopes: personal }, ...groups].filter((group) => group.scopes.length > 0);
}

function namesIn(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.flatMap((text) => text?.split(' ').filter(Boolean) ?? []))];
}
