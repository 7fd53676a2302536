/**
 * The ratios that were recorded, and which have fallen since. Absolute rates say nothing on another machine.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Results } from './measuring.ts';
import { type Ratio, ratioIn, shareOf } from './ratios.ts';

const file = new URL('./recorded.json', import.meta.url);
/** A smaller fall is noise. */
const kept = 0.8;

type Fall = { ratio: Ratio; recorded: number; value: number };

/** By the ratio's name; empty where none were. */
export function readRecorded(): Record<string, number> {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** What was measured takes the place of what was recorded; the others stay. */
export function record(ratios: readonly Ratio[], results: Results): void {
  const recorded = readRecorded();
  for (const ratio of ratios) {
    const value = ratioIn(ratio, results);
    if (value !== undefined) recorded[ratio.name] = Number(value.toPrecision(3));
  }
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
}

/** Those that are worse by more than a fifth. */
export function falls(
  ratios: readonly Ratio[],
  results: Results,
  recorded: Readonly<Record<string, number>>,
): Fall[] {
  return ratios.flatMap((ratio) => {
    const [value, before] = [ratioIn(ratio, results), recorded[ratio.name]];
    if (value === undefined || before === undefined) return [];
    return shareOf(ratio, value, before) < kept ? [{ ratio, value, recorded: before }] : [];
  });
}
