/**
 * How commands write results: JSON for programs, short texts and tables for people. Results go to stdout, everything
 * else to stderr.
 */
import { stripVTControlCharacters } from 'node:util';
import { type Command, Option } from 'commander';

export type OutputOptions = { json?: boolean };

/** A subcommand of `parent` with the --json option that all commands have. */
export function subcommand(parent: Command, usage: string, summary: string): Command {
  return withJson(parent.command(usage).description(summary));
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as JSON');
}

/** What shows one record that the declarative file could declare. */
export type RecordOptions = OutputOptions & { yaml?: boolean };

/** The --yaml option of such a command. */
export function withYaml(command: Command): Command {
  const option = new Option('--yaml', 'print it as the declarative file would declare it');
  return command.addOption(option.conflicts('json'));
}

/** A destructive subcommand of `parent`: asks on a terminal, unless --yes is set. */
export function destructive(parent: Command, usage: string, summary: string): Command {
  return subcommand(parent, usage, summary).option('--yes', 'do not ask');
}

/** Prints `value` as JSON with --json, otherwise the text that `render` returns. */
export function print<T>(value: T, { json }: OutputOptions, render: (value: T) => string): void {
  const text = json ? JSON.stringify(value, undefined, 2) : render(value);
  process.stdout.write(`${text}\n`);
}

/** Writes a remark to stderr, so that piped results stay clean. */
export function remark(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Columns as wide as their widest cell. Values come from a store, so control characters are removed. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per member, names aligned. */
export function card(members: Record<string, string | undefined>): string {
  const entries = Object.entries(members).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? '')}`)
    .join('\n');
}

/** An ISO 8601 time for people, `2031-05-04 10:20:30Z`; empty when there is none. */
export function instant(time: string | undefined): string {
  return (time ?? '').replace('T', ' ').replace(/\.\d+/, '');
}

/** The text without control characters and writing direction marks, which a terminal would obey. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}
