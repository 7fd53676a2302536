/**
 * The small notations of the configuration: durations (`10m`), rates (`10/15m`), networks (CIDR). Each
 * names its `notation`, which the generated documentation shows as its type.
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const secondsPerUnit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * A duration of at least `atLeast` and at most `atMost` seconds, written as `45s`, `10m`, `2h`, `30d` or as
 * a number of seconds; parsed to seconds.
 */
export function durationBetween(atLeast: number, atMost: number) {
  const shape = 'must be a duration such as 45s, 10m, 2h or 30d';
  return z
    .union([z.string(), z.number()], { error: shape })
    .transform((value, context) => {
      const seconds = parseSeconds(value);
      if (seconds !== undefined && seconds >= atLeast && seconds <= atMost) return seconds;
      const range = `must be from ${atLeast} to ${atMost} seconds`;
      context.addIssue({ code: 'custom', message: seconds === undefined ? shape : range });
      return z.NEVER;
    })
    .meta({ notation: 'duration' });
}

/** Any duration up to 100 years. */
export const duration = durationBetween(0, 36_500 * 86_400);

/** Seconds of a duration as it is written; undefined for anything else. */
export function parseSeconds(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const match = /^(\d{1,9})([smhd]?)$/.exec(value);
  const unit = (match?.[2] || 's') as keyof typeof secondsPerUnit;
  return match ? Number(match[1]) * secondsPerUnit[unit] : undefined;
}

/** Seconds in the largest unit that has them whole: `365d`, `36h`, `90s`. */
export function durationText(seconds: number): string {
  const fits = Object.entries(secondsPerUnit).filter(([, size]) => seconds % size === 0);
  const [unit, size] = fits.at(-1) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** `10/15m`: at most 10 in each 15 minutes; parsed to a count and a window in milliseconds. */
export const rate = z
  .string({ error: 'must be a rate such as 10/15m' })
  .transform((value, context) => {
    const match = /^(\d{1,9})\/(\d{0,9})([smhd])$/.exec(value);
    const unit = match?.[3] as keyof typeof secondsPerUnit | undefined;
    if (match && unit) {
      const windowMs = Number(match[2] || 1) * secondsPerUnit[unit] * 1000;
      if (Number(match[1]) > 0 && windowMs > 0) return { limit: Number(match[1]), windowMs };
    }
    context.addIssue({ code: 'custom', message: 'must be a rate such as 10/15m' });
    return z.NEVER;
  })
  .meta({ notation: 'rate' });

/** One network in CIDR notation (`10.0.0.0/8`, `fd00::/8`); a bare address is a network of one. */
export const network = z
  .string()
  .refine(isNetwork, { message: 'must be a network such as 10.0.0.0/8, fd00::/8 or 127.0.0.1' })
  .meta({ notation: 'network' });

/** Whether the text is an address or a CIDR network, in the usual four-part or IPv6 notation. */
export function isNetwork(value: string): boolean {
  const [address = ''] = value.split('/', 1);
  if (ipaddr.IPv4.isValid(address) && !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  return ipaddr.isValid(value) || ipaddr.isValidCIDR(value);
}
