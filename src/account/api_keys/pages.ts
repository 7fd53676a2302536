/**
 * The person's API keys: what they are used for, a successor, and their end.
 */
import { hasEnded } from '../../api_keys/room.ts';
import { dayMs } from '../../definitions/units.ts';
import { randomId } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import { fill } from '../../pages/texts.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { AccountAnswer, AccountPage, AccountRequest } from '../page.ts';
import { isKeysOffered } from './offered.ts';
import { offeredApis, ownKey, readKeys, scopeTitle, shownKey } from './own_keys.ts';

const path = '/api-keys';
const one = `${path}/:key_id` as const;
const common = { section: 'api_keys', isOffered: isKeysOffered } as const;
const usageDays = 30;

const pathOf = ({ id }: Pick<ApiKeyRecord, 'id'>) => `${path}/${encodeURIComponent(id)}`;

async function usageOf(
  { id: keyId }: ApiKeyRecord,
  { services: { store }, now, locale }: AccountRequest,
) {
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  const rows = await store.usage.query({
    ...{ keyId, from: dayOf(now - (usageDays - 1) * dayMs), to: dayOf(now), limit: usageDays },
  });
  const count = new Intl.NumberFormat(locale);
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    count.format(rows.reduce((total, row) => total + of(row), 0));
  return {
    allowed: sum(({ allowed }) => allowed),
    refused: sum(({ limited, denied }) => limited + denied),
  };
}

async function show(
  key: ApiKeyRecord,
  request: AccountRequest,
  error?: string,
): Promise<AccountAnswer> {
  const { services, times, now, link } = request;
  const uses = await services.apiKeys.lastUses([key.id]);
  const api = services.apis.find(key.api);
  const isLive = !hasEnded(key, now);
  return {
    page: 'account/api_key',
    data: {
      ...shownKey(key, uses.get(key.id), request),
      created: times.day(key.createdAt),
      scopes: key.scopes.map((scope) => scopeTitle(api, scope, request)),
      usage: await usageOf(key, request),
      hidden: { key: randomId() },
      rotateAction: isLive ? link(`${pathOf(key)}/rotate`) : undefined,
      revokePath: isLive ? link(`${pathOf(key)}/revoke`) : undefined,
      ...{ listPath: link(path), error },
    },
    ...(error !== undefined && { status: 409 }),
  };
}

/** Why a key cannot be replaced. Throws what is no reason. */
function whyNotReplaced(error: unknown, { api_key_errors: errors }: AccountRequest['t']): string {
  const code = error instanceof CardeaError ? error.code : '';
  if (code === 'already_rotated') return errors.already_rotated;
  if (code === 'predecessor_alive') return errors.predecessor_alive;
  if (code === 'key_ended' || code === 'key_disabled') return errors.ended;
  throw error;
}

export const apiKeyPages: readonly AccountPage[] = [
  {
    ...{ ...common, path, method: 'GET', name: 'api_keys' },
    async handle(request) {
      const { services, link } = request;
      const keys = await readKeys(request);
      const uses = await services.apiKeys.lastUses(keys.map(({ id }) => id));
      return {
        page: 'account/api_keys',
        data: {
          keys: keys.map((key) => ({
            ...shownKey(key, uses.get(key.id), request),
            detailsPath: link(pathOf(key)),
          })),
          createPath: offeredApis(request).length > 0 ? link(`${path}/new`) : undefined,
        },
      };
    },
  },
  {
    ...{ ...common, path: one, method: 'GET', name: 'api_keys.key' },
    handle: async (request) => show(await ownKey(request), request),
  },
  {
    ...{ ...common, path: `${one}/rotate`, method: 'POST', name: 'api_keys.rotate' },
    formPath: ({ key_id: id = '' }) => pathOf({ id }),
    async handle(request) {
      const { visit, form, by, services, t, times, now, tell } = request;
      const key = await ownKey(request);
      if (!visit.isFresh) return { signInAgain: true };
      try {
        const making = { ...by, createdBy: by.actor, idempotencyKey: form.get('key') ?? undefined };
        const { successor, old, key: apiKey } = await services.apiKeys.rotate(key.id, {}, making);
        await tell({ act: 'api_key_replaced', keyName: successor.name });
        const { expiresAt } = old;
        return {
          page: 'account/api_key_shown',
          data: {
            ...{ name: successor.name, apiKey, listPath: request.link(path) },
            oldUntil:
              expiresAt !== undefined && expiresAt > now ? times.moment(expiresAt) : undefined,
          },
        };
      } catch (error) {
        return show(key, request, whyNotReplaced(error, t));
      }
    },
  },
  {
    ...{ ...common, path: `${one}/revoke`, method: 'GET', name: 'api_keys.revoke' },
    async handle(request) {
      const key = await ownKey(request);
      const { link } = request;
      return {
        page: 'account/api_key_revoke',
        data: {
          name: key.name,
          action: link(`${pathOf(key)}/revoke`),
          cancelPath: link(pathOf(key)),
        },
      };
    },
  },
  {
    ...{ ...common, path: `${one}/revoke`, method: 'POST', name: 'api_keys.revoke' },
    async handle(request) {
      const { services, by, t, times, now } = request;
      const key = await ownKey(request);
      const { effectiveWithin } = await services.apiKeys.revoke(key.id, {}, by);
      const time = times.clock(now + effectiveWithin * 1000);
      const text = fill(t.api_keys.revoked_done, { name: key.name, time: '{time}' });
      return { to: path, flash: { tone: 'good', text, time } };
    },
  },
];
