/**
 * Everything that whoever copies the database gets to see.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';

export type Dump = {
  /** As text: every byte of the files, or every record of every collection. */
  text: string;
  /** Every text in a record, also those within JSON. */
  values: string[];
};

export async function dumpStore(url: string): Promise<Dump> {
  const isFile = url.startsWith('sqlite:');
  const records = isFile ? recordsOfFile(url.slice('sqlite:'.length)) : await recordsOfServer(url);
  const values = new Set<string>();
  for (const record of records) collect(record, values);
  const bytes = isFile ? await bytesOfFolder(dirname(url.slice('sqlite:'.length))) : '';
  return { text: bytes + JSON.stringify(records), values: [...values] };
}

/** The database with its log, and whatever else lies beside it. */
async function bytesOfFolder(folder: string): Promise<string> {
  const names = await readdir(folder);
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return files.join('\n');
}

function recordsOfFile(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => database.prepare(`SELECT * FROM "${name}"`).all());
  } finally {
    database.close();
  }
}

async function recordsOfServer(url: string): Promise<unknown[]> {
  const client = new MongoClient(url);
  try {
    const collections = await client.db().collections();
    const records = await Promise.all(collections.map((one) => one.find().toArray()));
    return records.flat();
  } finally {
    await client.close();
  }
}

function collect(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') {
    into.add(value);
    const parsed = parseJson(value);
    if (typeof parsed === 'object') collect(parsed, into);
    // An id may be a part of a longer text, such as `kind:id`.
    for (const part of value.split(/[^\w-]+/)) into.add(part);
  } else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collect(member, into);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
