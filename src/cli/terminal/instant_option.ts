/**
 * Options that take an instant.
 */
import { UsageError } from './failures.ts';

const pattern = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch of an ISO 8601 instant with its offset. Throws UsageError. */
export function parseInstant(option: string, text: string): number {
  const instant = Date.parse(text);
  const [year = 0, month = 0, day = 0] = pattern.exec(text)?.slice(1, 4).map(Number) ?? [];
  // Date.parse takes the 30th of February for one of March.
  const isDay = day > 0 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (isDay && !Number.isNaN(instant)) return instant;
  throw new UsageError(`${option} is an instant such as 2031-05-04T10:20:30Z`);
}
