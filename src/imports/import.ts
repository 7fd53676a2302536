/**
 * An import: the file is read twice. The first time everything is checked; the second time, if nothing is wrong or what
 * is wrong may be skipped, it is written. An import that was cut off is finished by running it again.
 */
import type { AuditContext } from '../audit/room.ts';
import type { ImportedClients } from '../clients/room.ts';
import type { ImportedUsers } from '../users/room.ts';
import { type Checked, createItemCheck } from './check.ts';
import type { ImportItem } from './items.ts';
import { type ImportScene, type ImportSource, readers } from './readers.ts';
import { createReportBook, type ImportReport, type ReportBook } from './report.ts';

type ImportOptions = {
  source: ImportSource;
  /** Of a file that can be read twice. */
  path: string;
  /** Only the first reading. */
  dryRun: boolean;
  /** Leaves out what is wrong, instead of writing nothing. */
  skipInvalid: boolean;
  by: AuditContext;
  /** Called every now and then with how many users and clients were checked, or written, so far. */
  onProgress(stage: 'checked' | 'written', count: number): void;
};

export type Imports = {
  /** Throws CardeaError `unreadable_import` (400), StoreUnavailableError, and DuplicateError if somebody else is faster. */
  run(options: ImportOptions): Promise<ImportReport>;
};

/** Enough at once that a store with many writers is not waited for one by one. */
const batchSize = 50;
const progressEvery = 10_000;

export function createImports({
  users,
  clients,
  scene,
}: {
  users: ImportedUsers;
  clients: ImportedClients;
  scene: ImportScene;
}): Imports {
  const add = async (checked: Checked, by: AuditContext) => {
    if (checked.state !== 'new') return;
    if (checked.kind === 'user') await users.add(checked.user, by);
    else await clients.add(checked.client, by);
  };

  return {
    async run({ source, path, dryRun, skipInvalid, by, onProgress }) {
      /** Each item with what becomes of it, in the order of the file. */
      async function* read(stage: 'checked' | 'written') {
        const check = createItemCheck({ users, clients });
        let count = 0;
        for await (const batch of inBatches(readers[source](path, scene))) {
          yield await Promise.all(batch.map(check));
          const before = count;
          count += batch.length;
          if (Math.floor(count / progressEvery) > Math.floor(before / progressEvery)) {
            onProgress(stage, count);
          }
        }
      }

      const book = createReportBook();
      for await (const batch of read('checked')) for (const checked of batch) enter(book, checked);
      const isValid = book.finish({ dryRun, ok: true }).problem_count === 0;
      const ok = isValid || skipInvalid;
      if (ok && !dryRun) {
        for await (const batch of read('written')) {
          await Promise.all(batch.map((checked) => add(checked, by)));
        }
      }
      if (!ok) for (const counts of [book.users, book.clients]) counts.imported = 0;
      return book.finish({ dryRun, ok });
    },
  };
}

function enter(book: ReportBook, checked: Checked): void {
  for (const note of checked.notes) book.note(note);
  if (checked.state === 'new' && checked.kind === 'user') book.hash(checked.user.password_hash);
  if (checked.state === 'invalid') {
    for (const problem of checked.problems) book.problem(checked.where, problem);
  }
  if (checked.kind === 'unknown') return;
  const counts = checked.kind === 'user' ? book.users : book.clients;
  counts.found += 1;
  if (checked.state === 'new') counts.imported += 1;
  if (checked.state === 'there') counts.already_there += 1;
  if (checked.state === 'invalid') counts.invalid += 1;
}

async function* inBatches(items: AsyncIterable<ImportItem>): AsyncGenerator<ImportItem[]> {
  let batch: ImportItem[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
