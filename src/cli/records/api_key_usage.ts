/**
 * `cardea api-keys usage`: how often keys were allowed, limited and denied per day.
 */
import type { Command } from 'commander';
import { rotationChainOf } from '../../api_keys/room.ts';
import { csvLine } from '../../csv_line.ts';
import { dayMs } from '../../definitions/units.ts';
import { CardeaError } from '../../errors.ts';
import type { UsageRow, UsageStore } from '../../storage/usage.ts';
import { type OperatorContext, withContext } from '../context.ts';
import { UsageError } from '../terminal/failures.ts';
import { type OutputOptions, print, subcommand, table } from '../terminal/output.ts';
import { findKey } from './find_key.ts';

type UsageOptions = OutputOptions & {
  from?: string;
  to?: string;
  key?: string;
  project?: string;
  api?: string;
  csv?: boolean;
};

const pageSize = 1000;
const columns = ['day', 'key_id', 'project_id', 'api', 'allowed', 'limited', 'denied'] as const;

export function registerUsage(command: Command): void {
  subcommand(command, 'usage', 'count the calls of each key per day (UTC)')
    .option('--from <day>', 'the first day, such as 2031-05-04 (default: 29 days before the last)')
    .option('--to <day>', 'the last day (default: today)')
    .option('--key <id>', 'only of this key and the rest of its rotation chain')
    .option('--project <project>', 'only of this project')
    .option('--api <identifier>', 'only of this API')
    .option('--csv', 'print CSV (RFC 4180)')
    .action(usage);
}

async function usage({ from, to, key, project, api, csv, ...options }: UsageOptions) {
  if (csv && options.json) throw new UsageError('use --json or --csv, not both');
  const last = parseDay('--to', to) ?? Date.now();
  const first = parseDay('--from', from) ?? last - 29 * dayMs;
  if (first > last) throw new UsageError('--from is after --to');
  const rows = await withContext(async (context) => {
    const { store } = context;
    const keyIds = key ? await lineageIds(context, key) : [undefined];
    const projectId = project && (await (await context.projects()).get(project)).id;
    const range = { from: dayOf(first), to: dayOf(last) };
    const found = keyIds.map((keyId) => readAll(store.usage, { ...range, keyId, projectId, api }));
    const rows = (await Promise.all(found)).flat();
    // An API that was removed from the file may still have usage.
    if (api !== undefined && rows.length === 0 && !context.apis.find(api)) throw noSuchApi();
    return rows;
  });
  rows.sort((left, right) => (left.day < right.day ? -1 : Number(left.day > right.day)));
  const shown = rows.map(({ keyId, projectId, ...row }) => ({
    ...{ day: row.day, key_id: keyId, project_id: projectId || undefined, api: row.api },
    ...{ allowed: row.allowed, limited: row.limited, denied: row.denied },
  }));
  const cells = shown.map((row) => columns.map((column) => String(row[column] ?? '')));
  if (csv) process.stdout.write([columns, ...cells].map(csvLine).join(''));
  else print(shown, options, () => table(columns.map(headOf), cells));
}

async function lineageIds(context: OperatorContext, key: string): Promise<string[]> {
  const record = await findKey(context, key);
  return (await rotationChainOf(context.store.apiKeys, record)).map(({ id }) => id);
}

async function readAll(
  store: UsageStore,
  options: Omit<Parameters<UsageStore['query']>[0], 'after' | 'limit'>,
): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  let page: UsageRow[];
  do {
    page = await store.query({ ...options, after: rows.at(-1), limit: pageSize });
    rows.push(...page);
  } while (page.length === pageSize);
  return rows;
}

function noSuchApi(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'No such API in the declarative file, and no usage of one.',
  });
}

function headOf(column: string): string {
  return column.toUpperCase().replace('_', ' ');
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function parseDay(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Date.parse turns February 30 into a day in March.
  if (!Number.isNaN(ms) && dayOf(ms) === text) return ms;
  throw new UsageError(`${option} must be a day such as 2031-05-04`);
}
