/**
 * `cardea import`: users and clients from the export of another server.
 */
import type { Command } from 'commander';
import { type ImportReport, type ImportSource, importSources } from '../imports/room.ts';
import { withChanges, withContext } from './context.ts';
import {
  card,
  type OutputOptions,
  print,
  printable,
  remark,
  subcommand,
  table,
} from './terminal/output.ts';

const summaries: Readonly<Record<ImportSource, string>> = {
  keycloak: 'users and clients of a realm (kc.sh export)',
  auth0: 'users (export job, or with password hashes from support) and clients',
  csv: 'users, one a row',
};

type ImportOptions = OutputOptions & { dryRun?: boolean; skipInvalid?: boolean };

export function register(command: Command): void {
  for (const source of importSources) {
    subcommand(command, `${source} <file>`, summaries[source])
      .option('--dry-run', 'check everything and write nothing')
      .option('--skip-invalid', 'leave out what is wrong, instead of writing nothing')
      .action((path: string, options: ImportOptions) => importFrom(source, path, options));
  }
}

async function importFrom(
  source: ImportSource,
  path: string,
  { dryRun = false, skipInvalid = false, json = false }: ImportOptions,
): Promise<void> {
  const onProgress = (stage: string, count: number) => {
    if (!json) remark(`${count} ${stage} …`);
  };
  const work = async ({ imports, operator }: Pick<Context, 'imports' | 'operator'>) =>
    (await imports()).run({ source, path, dryRun, skipInvalid, by: operator, onProgress });
  const report = dryRun ? await withContext(work) : await withChanges({ json }, work);
  print(report, { json }, renderReport);
  if (!report.ok) process.exitCode = 1;
}

type Context = Parameters<Parameters<typeof withContext>[0]>[0];

function renderReport(report: ImportReport): string {
  const { users, clients, password_hashes, notes, problems, problem_count } = report;
  const counts = table(
    ['', 'FOUND', report.dry_run ? 'NEW' : 'IMPORTED', 'ALREADY THERE', 'INVALID'],
    Object.entries({ users, clients }).map(([name, counted]) => [
      name,
      ...Object.values(counted).map(String),
    ]),
  );
  const hashes = Object.entries(password_hashes).map(([family, count]) => [family, String(count)]);
  const shown = problems.map(({ where, problem }) => printable(`  ${where}: ${problem}`));
  const more = problem_count - problems.length;
  return [
    counts,
    hashes.length > 0 && `Password hashes:\n${card(Object.fromEntries(hashes))}`,
    notes.length > 0 &&
      `Notes:\n${notes.map(({ note, count }) => printable(`  ${note} (${count})`)).join('\n')}`,
    shown.length > 0 &&
      ['Problems:', ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'),
    outcome(report),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function outcome({ ok, dry_run, problem_count }: ImportReport): string {
  if (!ok) return 'Nothing was written. Correct the file, or leave these out with --skip-invalid.';
  if (dry_run) return 'Nothing was written (--dry-run).';
  return problem_count > 0 ? 'Imported; what is invalid was left out.' : 'Imported.';
}
