/**
 * Is all well, and if not, what: of what this person may see.
 */
import {
  listOperators,
  listSigningKeys,
  readStatistics,
  readStatusLists,
  search,
} from '../../admin/room.ts';
import { hourMs, minuteMs } from '../../definitions/units.ts';
import { statisticsMetrics } from '../../statistics/room.ts';
import type { ConsoleRequest } from '../page.ts';
import type { Fact } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

/** A fact with what is wrong with it; undefined: nothing. */
export type HealthFact = Fact & { problem?: string | undefined };

type Check = (request: ConsoleRequest) => Promise<readonly HealthFact[]>;

/** Lists are renewed every few seconds. */
const staleAfter = minuteMs;
/** Waiting password hashes, in some second of this hour or the one before, that people notice. */
const longQueue = 20;

const checkKeys: Check = async ({ call, may }) => {
  if (!may(listSigningKeys)) return [];
  const { items } = (await call(listSigningKeys)).body;
  const current = items.find(({ state }) => state === 'current');
  const next = items.find(({ state }) => state === 'next');
  const problem = current ? undefined : 'No key signs.';
  return [
    { label: 'Signing key since', value: show.time(current?.activates_at), problem },
    { label: 'Next rotation', value: show.time(next?.activates_at ?? current?.signs_until) },
  ];
};

const checkLists: Check = async ({ call, may, now }) => {
  if (!may(readStatusLists)) return [];
  const { as_of: asOf } = (await call(readStatusLists)).body;
  const isStale = now - Date.parse(asOf) > staleAfter;
  const problem = isStale ? 'The status lists are not being renewed.' : undefined;
  return [{ label: 'Status lists as of', value: show.time(asOf), problem }];
};

const checkNumbers: Check = async ({ call, may, now }) => {
  if (!may(readStatistics)) return [];
  const until = now - (now % hourMs) + hourMs;
  const query = {
    ...{ from: new Date(until - 2 * hourMs).toISOString(), until: new Date(until).toISOString() },
  };
  const read = async (metric: string) =>
    (await call(readStatistics, { params: { metric }, query })).body.items;
  const queue = await read(statisticsMetrics.passwordQueue);
  const store = await read(statisticsMetrics.storeSeconds);
  const longest = queue.length > 0 ? Math.max(...queue.map(({ max }) => max)) : undefined;
  const failed = store.filter(({ label }) => label === 'failed');
  const failures = failed.reduce((sum, { count }) => sum + count, 0);
  return [
    {
      ...{ label: 'Store', value: show.status('Reachable', 'good') },
      problem: failures > 0 ? `${failures} operations of the store failed lately.` : undefined,
    },
    {
      ...{ label: 'Longest password queue', value: show.text(longest) },
      hint: 'Sign-ins that waited for their password to be checked, in the last two hours.',
      problem:
        (longest ?? 0) > longQueue ? 'Sign-ins wait for passwords to be checked.' : undefined,
    },
  ];
};

const checkSearch: Check = async ({ call, may }) => {
  if (!may(search)) return [];
  const { complete } = (await call(search, { query: { text: 'a', limit: '1' } })).body;
  const value = complete
    ? show.status('Complete', 'good')
    : show.status('Older records are being indexed', 'warning');
  return [{ label: 'Search', value }];
};

const checkOwners: Check = async ({ call, may }) => {
  if (!may(listOperators)) return [];
  const { items, next } = (await call(listOperators, { query: { limit: '200' } })).body;
  const owners = items.filter(({ role }) => role === 'owner').length;
  const isAlone = owners < 2 && next === null;
  return [
    {
      ...{ label: 'Owners', value: show.text(owners) },
      hint: isAlone ? 'A second one helps when the first cannot sign in.' : '',
    },
  ];
};

const checks = [checkKeys, checkLists, checkNumbers, checkSearch, checkOwners];

export async function readHealth(request: ConsoleRequest): Promise<readonly HealthFact[]> {
  return (await Promise.all(checks.map((check) => check(request)))).flat();
}
