/**
 * How much the API keys of an API were used lately. What is not counted by API has no section.
 */
import { listUsage } from '../../admin/room.ts';
import { dayMs } from '../../definitions/units.ts';
import type { ConsoleRequest } from '../page.ts';
import type { ObjectSection } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

const days = 7;
/** Of one day: a row is one key. */
const mostRows = 1000;

/** Day by day, so that each is read by itself: of a day with more keys than are looked at it says so. */
export async function latelySection(
  { identifier: api }: { identifier: string },
  { call, now }: Pick<ConsoleRequest, 'call' | 'now'>,
): Promise<ObjectSection> {
  const all = Array.from({ length: days }, (_, back) =>
    new Date(now - back * dayMs).toISOString().slice(0, 10),
  );
  const rows = await Promise.all(
    all.map(async (day) => {
      const query = { api, from: day, to: day, limit: mostRows };
      const { items, next } = (await call(listUsage, { query })).body;
      const sum = (member: 'allowed' | 'limited' | 'denied') =>
        items.reduce((total, row) => total + row[member], 0);
      const told = (count: number) =>
        `${next === null ? '' : 'at least '}${count.toLocaleString('en')}`;
      const counts = [sum('allowed'), sum('limited'), sum('denied')];
      return { isEmpty: items.length === 0, values: [day, ...counts.map(told)] };
    }),
  );
  return {
    title: 'Lately',
    text: `Requests with API keys in the last ${days} days.`,
    empty: 'None were verified here. What was used just now is counted within a minute.',
    table: {
      columns: ['Day (UTC)', 'Allowed', 'Over a limit', 'Denied'],
      rows: rows
        .filter(({ isEmpty }) => !isEmpty)
        .map(({ values }) => values.map((value) => show.text(value))),
    },
  };
}
