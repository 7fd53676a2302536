/**
 * Options that take an instant.
 */
import { UsageError } from './failures.ts';

const pattern = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** Parses an ISO 8601 instant with an offset to milliseconds since the epoch. Throws UsageError. */
export function parseInstant(option: string, text: string): number {
  const instant = Date.parse(text);
  const [year = 0, month = 0, day = 0] = pattern.exec(text)?.slice(1, 4).map(Number) ?? [];
  // Date.parse turns February 30 into a day in March.
  const isDay = day > 0 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (isDay && !Number.isNaN(instant)) return instant;
  throw new UsageError(`${option} must be a time such as 2031-05-04T10:20:30Z`);
}
