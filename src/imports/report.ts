/**
 * What an import did, or would do.
 */
import { readHash } from '../users/room.ts';

type ImportCounts = {
  found: number;
  imported: number;
  /** An earlier import has added them; they stayed as they are. */
  already_there: number;
  invalid: number;
};

export type ImportReport = {
  dry_run: boolean;
  /** False if something is wrong and nothing was written for that reason. */
  ok: boolean;
  users: ImportCounts;
  clients: ImportCounts;
  /** How many of the users that are new have a hash of which family, or none. */
  password_hashes: Record<string, number>;
  /** What was left out, and how often. */
  notes: { note: string; count: number }[];
  /** The first of them; no text repeats a secret. */
  problems: { where: string; problem: string }[];
  problem_count: number;
};

/** More would not be read by anybody. */
const maxShownProblems = 200;
const maxNotes = 200;

/** Mutable: an import adds to it as it goes. */
export type ReportBook = {
  note(note: string): void;
  problem(where: string, problem: string): void;
  hash(encoded: string | undefined): void;
  users: ImportCounts;
  clients: ImportCounts;
  finish(how: { dryRun: boolean; ok: boolean }): ImportReport;
};

export function createReportBook(): ReportBook {
  const notes = new Map<string, number>();
  const hashes: Record<string, number> = {};
  const problems: ImportReport['problems'] = [];
  let problemCount = 0;
  const users = noCounts();
  const clients = noCounts();
  return {
    users,
    clients,
    note(note) {
      const count = notes.get(note) ?? 0;
      if (count > 0 || notes.size < maxNotes) notes.set(note, count + 1);
    },
    problem(where, problem) {
      problemCount += 1;
      if (problems.length < maxShownProblems) problems.push({ where, problem });
    },
    hash(encoded) {
      const family = encoded === undefined ? 'none' : (readHash(encoded)?.family ?? 'unusable');
      hashes[family] = (hashes[family] ?? 0) + 1;
    },
    finish: ({ dryRun, ok }) => ({
      ...{ dry_run: dryRun, ok, users, clients, password_hashes: hashes },
      notes: [...notes].map(([note, count]) => ({ note, count })),
      ...{ problems, problem_count: problemCount },
    }),
  };
}

function noCounts(): ImportCounts {
  return { found: 0, imported: 0, already_there: 0, invalid: 0 };
}
