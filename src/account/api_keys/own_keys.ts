/**
 * The API keys of a person: those that are theirs, whoever made them, and which they may make themselves.
 */
import { hasEnded } from '../../api_keys/room.ts';
import type { Api } from '../../apis/room.ts';
import { adminApi } from '../../definitions/admin_scopes.ts';
import type { AccountApiKey } from '../../pages/account_data.ts';
import { textIn } from '../../pages/texts.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import { type AccountRequest, notThere } from '../page.ts';

const pageSize = 200;
/** No person can make more, and whoever has more of an operator sees the first of them. */
const mostRead = 2000;
/** Of a person's keys, those that have ended count this little. They are kept for a while. */
const endedPerLive = 10;

/** Those that work first, and the newest of each first. */
export async function readKeys({
  person,
  services: { apiKeys },
  now,
}: Pick<AccountRequest, 'person' | 'services' | 'now'>): Promise<ApiKeyRecord[]> {
  const keys: ApiKeyRecord[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await apiKeys.list({ userId: person.id, after, limit: pageSize });
    keys.push(...items);
    after = next;
  } while (after !== undefined && keys.length < mostRead);
  const rank = (key: ApiKeyRecord) => Number(hasEnded(key, now));
  return keys.toSorted((one, other) => rank(one) - rank(other) || other.createdAt - one.createdAt);
}

/** Whether a person with these keys may have another one. */
export function mayHaveAnother(
  keys: readonly ApiKeyRecord[],
  { services: { policy }, now }: Pick<AccountRequest, 'services' | 'now'>,
): boolean {
  const most = policy.api_keys_per_person;
  const live = keys.filter((key) => !hasEnded(key, now));
  return live.length < most && keys.length < most * (1 + endedPerLive);
}

/** The one of the path. Throws `not_found` for anybody else's, too. */
export async function ownKey({
  params,
  person,
  services: { apiKeys },
}: AccountRequest): Promise<ApiKeyRecord> {
  const key = await apiKeys.get(params.key_id ?? '');
  if (key.userId !== person.id) throw notThere();
  return key;
}

/** The APIs that people may make keys for. */
export function offeredApis({ services: { policy, apis } }: AccountRequest): Api[] {
  const { api_keys: offered } = policy;
  return apis.list().filter(({ identifier, ...api }) => {
    const isOffered = offered === 'all' || offered.includes(identifier);
    return isOffered && identifier !== adminApi && scopesOf(api).length > 0;
  });
}

/** The scopes that a person's key may have at most. */
export function scopesOf({ scopes, userKeyScopes }: Pick<Api, 'scopes' | 'userKeyScopes'>) {
  return Object.keys(scopes).filter((scope) => userKeyScopes?.includes(scope) ?? true);
}

/** A scope as people are asked for it. */
export function scopeTitle(api: Api | undefined, scope: string, { locale }: AccountRequest) {
  return textIn(locale, api?.scopes[scope] ?? '') || scope;
}

export function shownKey(
  key: ApiKeyRecord,
  lastUsedAt: number | undefined,
  { services, locale, now, times }: AccountRequest,
): AccountApiKey {
  const api = services.apis.find(key.api);
  const { expiresAt } = key;
  return {
    name: key.name,
    display: `${key.display.start}…${key.display.end}`,
    state: stateOf(key, now),
    apiName: api ? textIn(locale, api.name) : key.api,
    lastUsed: lastUsedAt === undefined ? undefined : times.ago(lastUsedAt),
    expires: expiresAt === undefined ? undefined : times.day(expiresAt),
  };
}

function stateOf(key: ApiKeyRecord, now: number): AccountApiKey['state'] {
  if (key.revokedAt !== undefined) return 'revoked';
  if (hasEnded(key, now)) return 'expired';
  return key.disabledAt === undefined ? 'live' : 'disabled';
}
