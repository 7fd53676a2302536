/**
 * Users as CSV (RFC 4180), one a row, under a header: for every server that has no format of its own here.
 */

import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { standardClaims } from '../definitions/claims.ts';
import { maxRecordBytes, readText, unreadable } from './files.ts';
import { type ImportItem, present } from './items.ts';

const ofTheUser = ['subject', 'username', 'email', 'email_verified', 'password_hash'];
const lists = ['roles', 'groups'];
const flags = ['email_verified', 'phone_number_verified', 'disabled'];
const notTexts = new Set(['sub', 'email', 'email_verified', 'updated_at', 'address']);
const claimColumns = [...standardClaims].filter((claim) => !notTexts.has(claim));
const columns = new Set([...ofTheUser, ...lists, 'disabled', ...claimColumns]);

type Row = { record: string[]; info: { lines: number } };

/** Throws CardeaError `unreadable_import` for a header with unknown columns, or a file that is not CSV. */
export async function* readCsv(path: string): AsyncGenerator<ImportItem> {
  const parser = parse({
    ...{ bom: true, info: true, trim: true, skip_empty_lines: true },
    relax_column_count: true,
    max_record_size: maxRecordBytes,
  });
  const source = Readable.from(readText(path));
  source.on('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Row>) {
      if (header) yield itemOf(header, record, `line ${info.lines}`);
      else header = readHeader(record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? ` near line ${error.lines}` : '';
    throw unreadable(`The file is not CSV${line} (${error.code}).`, error);
  }
  if (!header) throw unreadable('The file is empty. Its first line must name the columns.');
}

function readHeader(record: readonly string[]): string[] {
  const names = record.map((name) => name.toLowerCase());
  const unknown = names.findIndex((name) => !columns.has(name));
  if (unknown >= 0) {
    const known = [...columns].join(', ');
    throw unreadable(`Column ${unknown + 1} has a name that is not known. Known are: ${known}.`);
  }
  if (new Set(names).size < names.length) throw unreadable('A column is there twice.');
  if (!names.includes('username') && !names.includes('email')) {
    throw unreadable('There is neither a column username nor a column email.');
  }
  return names;
}

function itemOf(header: readonly string[], record: readonly string[], where: string): ImportItem {
  if (record.length !== header.length) {
    const problem = `It has ${record.length} fields, and the header ${header.length}.`;
    return { kind: 'problem', where, problem };
  }
  const row = Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  const cell = (name: string) => (flags.includes(name) ? flagOf(row[name]) : row[name]);
  const { disabled = false } = present({ disabled: flagOf(row.disabled) });
  if (typeof disabled !== 'boolean') {
    return { kind: 'problem', where, problem: 'disabled must be true or false.' };
  }
  const own = Object.fromEntries(ofTheUser.map((name) => [name, cell(name)]));
  const claims = Object.fromEntries(claimColumns.map((name) => [name, cell(name)]));
  const data = {
    ...present({ ...own, username: row.username || row.email }),
    claims: present(claims),
    roles: listOf(row.roles),
  };
  return { kind: 'user', where, user: { data, groups: listOf(row.groups), disabled } };
}

/** As true or false; any other text as it is, for the schema to refuse. */
function flagOf(text: string | undefined): boolean | string | undefined {
  const known: Record<string, boolean> = { true: true, '1': true, false: false, '0': false };
  return known[text?.toLowerCase() ?? ''] ?? text;
}

/** Separated by spaces or semicolons. */
function listOf(text = ''): string[] {
  return text.split(/[\s;]+/).filter(Boolean);
}
