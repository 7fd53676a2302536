/**
 * Durations as people write them: `45s`, `10m`, `2h`, `30d`.
 */
import { day, hour, minute } from './units.ts';

export const secondsPerUnit = { s: 1, m: minute, h: hour, d: day } as const;
export type DurationUnit = keyof typeof secondsPerUnit;

/** Without a unit, the number is in seconds. */
export const durationNotation = /^(\d{1,9})([smhd]?)$/;

/** Seconds: 100 years. */
export const longestDuration = 36_500 * day;

/** A written duration in seconds; undefined if it is not one. */
export function parseSeconds(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const match = durationNotation.exec(value);
  const unit = (match?.[2] || 's') as DurationUnit;
  return match ? Number(match[1]) * secondsPerUnit[unit] : undefined;
}

/** Seconds in the largest unit that divides them: `365d`, `36h`, `90s`. */
export function durationText(seconds: number): string {
  const fits = Object.entries(secondsPerUnit).filter(([, size]) => seconds % size === 0);
  const [unit, size] = fits.at(-1) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
