/**
 * The way back to the app that sent a person to one of these pages: `return_to` is where, `client_id` which app. It is
 * followed by nobody but the person, and only to where a client is at home that the operator registered, or that the person
 * has given access: anybody else could lend our name to an address of theirs.
 */
import { builtInClientIds } from '../definitions/built_in.ts';
import type { Locale } from '../definitions/locales.ts';
import type { PageClient } from '../pages/page_data.ts';
import { liveKinds } from '../storage/artifacts.ts';
import type { ClientRecord } from '../storage/clients.ts';
import { introduce } from './apps/introduced_client.ts';
import type { AccountServices } from './services.ts';

export type ReturnLink = { client: PageClient; appUrl: string };

const longestAddress = 1000;
/** Of a person's apps, those that are looked at where the address names none. */
const mostApps = 50;

/** The parameters that belong to it: they go with the person from page to page. */
export const returnParameters = ['return_to', 'client_id'] as const;

/** Undefined: there is none, or it leads nowhere that is known. */
export async function findReturnLink(
  query: URLSearchParams,
  { userId, locale, now }: { userId: string; locale: Locale; now: number },
  { store: { artifacts }, findClient }: Pick<AccountServices, 'store' | 'findClient'>,
): Promise<ReturnLink | undefined> {
  const wanted = webAddress(query.get('return_to') ?? '');
  if (!wanted) return undefined;

  const linkTo = (client: Readonly<ClientRecord> | undefined): ReturnLink | undefined => {
    if (!client || client.disabledAt !== undefined) return undefined;
    if (builtInClientIds.has(client.clientId) || !originsOf(client).has(wanted.origin)) {
      return undefined;
    }
    return { client: { ...introduce(client, locale), host: wanted.host }, appUrl: wanted.href };
  };

  const clientId = query.get('client_id');
  if (clientId !== null) {
    const client = await findClient(clientId);
    const isVouchedFor = client?.source === 'file' || client?.source === 'operator';
    if (isVouchedFor) return linkTo(client);
    const hasGrant = await artifacts.findGrant(userId, clientId, now);
    return hasGrant ? linkTo(client) : undefined;
  }
  const grants = await artifacts.list(
    { kind: liveKinds.grant, accountId: userId },
    { limit: mostApps, now },
  );
  for (const id of new Set(grants.items.flatMap(({ clientId: of }) => of ?? []))) {
    const link = linkTo(await findClient(id));
    if (link) return link;
  }
  return undefined;
}

/** Where the client is at home, by what it registered. */
function originsOf({ metadata }: Readonly<ClientRecord>): ReadonlySet<string> {
  const { client_uri, redirect_uris, post_logout_redirect_uris, initiate_login_uri } = metadata;
  const addresses = [client_uri, redirect_uris, post_logout_redirect_uris, initiate_login_uri];
  return new Set(addresses.flat().flatMap((address) => webAddress(address)?.origin ?? []));
}

/** Of a scheme without an origin there is none that could be compared. */
function webAddress(text: unknown): URL | undefined {
  if (typeof text !== 'string' || text.length > longestAddress) return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  return url;
}
