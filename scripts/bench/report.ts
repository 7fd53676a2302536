/**
 * The two tables: what was measured, and how it relates. They are Markdown.
 */
import type { Result, Results } from './measuring.ts';
import type { Run } from './paths.ts';
import { type Ratio, ratioIn, shareOf } from './ratios.ts';

const widths = [20, 15, 9, 7, 6, 6, 6, 6, 8];

export function printHead(): void {
  const names = ['path', 'server', 'processes', 'rate /s', 'p50 ms', 'p99 ms', 'CPU ms', 'MB'];
  printLine([...names, 'failures'], widths);
  printLine(
    widths.map((width) => '-'.repeat(width)),
    widths,
  );
}

/** At once: what fails later takes nothing away. `CPU ms`: of all its processes, a request. */
export function printResult({ path, server }: Run, processes: number, result: Result): void {
  const { rate, p50, p99, cpu, memory, failures } = result;
  const numbers = [show(rate, 0), show(p50, 1), show(p99, 1), show(cpu, 3), show(memory, 0)];
  printLine([path, server, String(processes), ...numbers, show(failures, 0)], widths);
}

/** Of those that were measured. */
export function printRatios(ratios: readonly Ratio[], results: Results): void {
  const columns = [45, 5, 7, 3];
  console.log();
  printLine(['ratio', '', 'target', 'met'], columns);
  printLine(
    columns.map((width) => '-'.repeat(width)),
    columns,
  );
  for (const ratio of ratios) {
    const value = ratioIn(ratio, results);
    if (value === undefined) continue;
    const { name, what, target } = ratio;
    const isMet = shareOf(ratio, value, target) >= 1;
    const bound = `${what === 'p99' ? '<=' : '>='} ${target}`;
    printLine([name, show(value, 2), bound, isMet ? 'yes' : 'no'], columns);
  }
}

/** Nothing where there is no number: of what never answered, for example. */
function show(value: number | undefined, digits: number): string {
  return Number.isFinite(value) ? Number(value).toFixed(digits) : '';
}

function printLine(cells: readonly string[], columns: readonly number[]): void {
  console.log(`| ${cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)).join(' | ')} |`);
}
