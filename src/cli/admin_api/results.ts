/**
 * How `cardea admin` shows what an operation answered: a list as a table, anything else as the JSON that it is.
 */
import type { DescribedOperation, Member } from '../../admin_client/room.ts';
import { instant, type OutputOptions, remark, table } from '../terminal/output.ts';

type Item = Readonly<Record<string, unknown>>;

const mostColumns = 6;
const longestCell = 48;

export function printResult(
  { items: members }: Pick<DescribedOperation, 'items'>,
  { etag, body }: { etag: string | undefined; body: unknown },
  { json = false }: OutputOptions,
): void {
  if (body === undefined) remark('Done.');
  else if (typeof body === 'string') process.stdout.write(body);
  else if (members && !json && isPage(body)) {
    process.stdout.write(`${tableOf(members, body.items)}\n`);
    if (body.next !== null) remark(`There are more: --all, or --after ${body.next}`);
  } else process.stdout.write(`${JSON.stringify(body, undefined, 2)}\n`);
  // A change is based on it: --if-match.
  if (etag !== undefined && !json) remark(`ETag ${etag}`);
}

function isPage(body: unknown): body is { items: readonly Item[]; next: string | null } {
  return typeof body === 'object' && body !== null && 'items' in body && 'next' in body;
}

/** The first members that are single values and that one of them has. */
function tableOf(members: readonly Member[], items: readonly Item[]): string {
  const columns = members
    .filter(({ kind }) => kind !== 'json' && kind !== 'list')
    .map(({ name }) => name)
    .filter((name) => items.length === 0 || items.some((item) => textOf(item[name]) !== ''))
    .slice(0, mostColumns);
  const head = columns.map((name) => name.toUpperCase().replaceAll('_', ' '));
  return table(
    head,
    items.map((item) => columns.map((name) => textOf(item[name]))),
  );
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = String(value);
  const shown = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? instant(text) : text;
  return shown.length > longestCell ? `${shown.slice(0, longestCell - 1)}…` : shown;
}
