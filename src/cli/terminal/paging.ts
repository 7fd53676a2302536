/**
 * Lists in pages: a command shows one page and how to get the next.
 */
import { type Command, Option } from 'commander';
import { UsageError } from './failures.ts';
import type { OutputOptions } from './output.ts';

export type PageOptions = OutputOptions & { after?: string; limit: number };

export function withPaging(command: Command): Command {
  return withLimit(command).option('--after <id>', 'begin behind this one');
}

export function withLimit(command: Command): Command {
  const limit = new Option('--limit <count>', 'at most so many').default(100);
  return command.addOption(limit.argParser(count));
}

/** Up to `limit` items, and the last of them if more follow. */
export async function pageOf<T>(
  limit: number,
  read: (count: number) => Promise<T[]>,
): Promise<{ items: T[]; next: T | undefined }> {
  const found = await read(limit + 1);
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? items.at(-1) : undefined };
}

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new UsageError('--limit must be a whole number from 1 to 99999');
}
