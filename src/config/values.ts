/**
 * The small notations of the configuration: durations (`10m`), rates (`10/15m`), networks (CIDR).
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const secondsPerUnit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `45s`, `10m`, `2h`, `30d`, or a number of seconds; parsed to seconds. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const match = /^(\d{1,9})([smhd])$/.exec(String(value));
  const unit = match?.[2] as keyof typeof secondsPerUnit | undefined;
  if (match && unit) return Number(match[1]) * secondsPerUnit[unit];
  context.addIssue({
    code: 'custom',
    message: 'must be a duration such as 45s, 10m, 2h or 30d',
  });
  return z.NEVER;
});

/** `10/15m`: at most 10 in each 15 minutes; parsed to a count and a window in milliseconds. */
export const rate = z.string().transform((value, context) => {
  const match = /^(\d{1,9})\/(\d{0,9})([smhd])$/.exec(value);
  const unit = match?.[3] as keyof typeof secondsPerUnit | undefined;
  if (match && unit) {
    const windowMs = Number(match[2] || 1) * secondsPerUnit[unit] * 1000;
    if (Number(match[1]) > 0 && windowMs > 0) return { limit: Number(match[1]), windowMs };
  }
  context.addIssue({ code: 'custom', message: 'must be a rate such as 10/15m' });
  return z.NEVER;
});

/** One network in CIDR notation (`10.0.0.0/8`, `fd00::/8`); a bare address is a network of one. */
export const network = z.string().refine(isNetwork, {
  message: 'must be a network such as 10.0.0.0/8, fd00::/8 or 127.0.0.1',
});

function isNetwork(value: string): boolean {
  return ipaddr.isValidCIDR(value) || ipaddr.isValid(value);
}
