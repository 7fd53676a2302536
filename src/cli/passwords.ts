/**
 * `cardea passwords`: which passwords nobody may choose.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config/load.ts';
import { importBreachedPasswords } from '../users/room.ts';
import { UsageError } from './terminal/failures.ts';
import { type OutputOptions, print, remark, subcommand } from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'import <file>', 'make the file of breached passwords from a list')
    .option('--to <file>', 'the file to make (default: sign_in.breached_passwords)')
    .option('--passwords', 'the lines are passwords, not SHA-1 digests')
    .option('--seen <times>', 'leave out digests that were seen less often', wholeNumber, 1)
    .addHelpText(
      'after',
      '\nEach line is a SHA-1 digest, perhaps with `:` and how often it was seen, in ascending order: what' +
        '\nhaveibeenpwned-downloader writes.',
    )
    .action(importList);
}

type ImportOptions = OutputOptions & { to?: string; passwords?: boolean; seen: number };

async function importList(
  file: string,
  { to, passwords, seen, ...options }: ImportOptions,
): Promise<void> {
  const path = to ?? (await loadConfig(process.env)).declaration.sign_in.breached_passwords;
  if (path === undefined) {
    throw new UsageError('name the file to make with --to, or set sign_in.breached_passwords');
  }
  const count = await importBreachedPasswords(file, path, {
    lines: passwords ? 'passwords' : 'sha1',
    least: seen,
    onProgress: (lines) => remark(`${lines / 1_000_000} million lines`),
  });
  print({ file: path, passwords: count }, options, () => `${count} passwords are in ${path}.`);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
