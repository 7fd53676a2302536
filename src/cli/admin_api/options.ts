/**
 * The options of an operation of the admin API, and the request that they make.
 */
import { type Command, Option } from 'commander';
import type { AdminRequest, DescribedOperation, Member } from '../../admin_client/room.ts';
import { UsageError } from '../terminal/failures.ts';
import { readJsonObject } from '../terminal/input.ts';
import type { OutputOptions } from '../terminal/output.ts';

/** Those that do not stand for a member. */
export type GivenOptions = OutputOptions & {
  issuer?: string;
  all?: boolean;
  body?: string;
  unset?: string[];
  dryRun?: boolean;
  reason?: string;
  ifMatch?: string;
  new?: boolean;
  idempotencyKey?: string;
  yes?: boolean;
};

/** Every process on the machine sees the arguments of a command: these come in the body only. */
const secret = /^(password|password_hash|client_secret|secret)$/;
/** What every write takes besides its own query, with options of its own here. */
const ofWrites = new Set(['dry_run', 'reason']);

/** `list-clients` of listClients. */
export function commandNameOf({ id }: Pick<DescribedOperation, 'id'>): string {
  return id.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function addOptions(command: Command, operation: DescribedOperation): void {
  const { method, body, items, isIdempotent, isSensitive } = operation;
  for (const member of membersOf(operation)) command.addOption(optionOf(member));
  const hidden = body?.filter(({ name }) => secret.test(name)).map(({ name }) => name) ?? [];
  if (body) {
    const only = hidden.length > 0 ? `; ${hidden.join(' and ')} only in there` : '';
    command.option('--body <file>', `a JSON object, - for stdin: what no option says${only}`);
  }
  if (method === 'PATCH') command.option('--unset <member...>', 'remove members');
  if (items && hasPages(operation)) command.option('--all', 'every page, not only one');
  if (method !== 'GET') {
    command
      .option('--dry-run', 'check the request and tell what would change')
      .option('--reason <text>', 'why, for the audit trail')
      .option('--if-match <etag>', 'only this version, or * for any');
    if (method === 'PUT') command.option('--new', 'only where it does not exist yet');
    if (isIdempotent) command.option('--idempotency-key <key>', 'the same again: the same result');
    if (isSensitive && !isIdempotent) command.option('--yes', 'do not ask');
  }
  command.option('--issuer <url>', 'which Cardea (default: CARDEA_ISSUER)');
}

/** Throws UsageError for a value that its option does not take. */
export async function requestOf(
  operation: DescribedOperation,
  { operands, options }: { operands: readonly string[]; options: GivenOptions },
): Promise<AdminRequest<unknown>> {
  const { method, params, query, body } = operation;
  const given = options as Readonly<Record<string, unknown>>;
  const givenFor = (member: Member) => {
    const value = given[optionOf(member).attributeName()];
    return value === undefined ? [] : [[member.name, parsed(member, value)] as const];
  };
  const own = query.filter(({ name }) => !ofWrites.has(name));
  return {
    params: Object.fromEntries(params.map((name, index) => [name, operands[index] ?? ''])),
    query: Object.fromEntries(own.flatMap(givenFor)),
    ...(body && { body: await bodyOf(options, body.filter(isOption).flatMap(givenFor)) }),
    ...(method !== 'GET' && { reason: options.reason }),
    ...{ mustBeNew: options.new, idempotencyKey: options.idempotencyKey },
    ifMatch: options.ifMatch && etagOf(options.ifMatch),
  };
}

async function bodyOf(
  { body: file, unset = [] }: GivenOptions,
  members: readonly (readonly [string, unknown])[],
): Promise<Record<string, unknown>> {
  return {
    ...(file !== undefined && (await readJsonObject(file, '--body'))),
    ...Object.fromEntries(members),
    ...Object.fromEntries(unset.map((name) => [name, null])),
  };
}

function membersOf({ query, body = [] }: DescribedOperation): Member[] {
  return [...query.filter(({ name }) => !ofWrites.has(name)), ...body.filter(isOption)];
}

function isOption({ name }: Member): boolean {
  return !secret.test(name);
}

function hasPages({ query }: DescribedOperation): boolean {
  return query.some(({ name }) => name === 'after');
}

const placeholders: Record<Member['kind'], string> = {
  ...{ text: '<text>', number: '<number>', boolean: '<true|false>', list: '<text...>' },
  ...{ json: '<json>', text_or_json: '<text>' },
};

function optionOf({ name, kind, description, choices }: Member): Option {
  const flag = `--${name.replaceAll('_', '-')} ${placeholders[kind]}`;
  const option = new Option(flag, description?.replaceAll(/\s+/g, ' '));
  return choices && kind === 'text' ? option.choices(choices) : option;
}

function parsed({ name, kind }: Member, value: unknown): unknown {
  const text = String(value);
  const wrong = (what: string) => new UsageError(`--${name.replaceAll('_', '-')} needs ${what}`);
  switch (kind) {
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong('a number');
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrong('true or false');
      return text === 'true';
    case 'json':
    case 'text_or_json':
      try {
        return JSON.parse(text);
      } catch {
        if (kind === 'text_or_json') return text;
        throw wrong('JSON');
      }
    default:
      return value;
  }
}

/** `3` is easier to type than `"3"`. */
function etagOf(text: string): string {
  return /^\d+$/.test(text) ? `"${text}"` : text;
}
