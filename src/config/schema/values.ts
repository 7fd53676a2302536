/**
 * The small notations of the configuration: durations (`10m`), rates (`10/15m`), networks (CIDR), URIs. Each names
 * its `notation`, which the generated documentation shows as its type, and says in JSON Schema what can be said
 * there; `rule` is what cannot.
 */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { authenticationLevels } from '../../definitions/authentication.ts';
import { protocolClaims } from '../../definitions/claims.ts';
import {
  type DurationUnit,
  durationNotation,
  durationText,
  longestDuration,
  parseSeconds,
  secondsPerUnit,
} from '../../definitions/durations.ts';
import { maxLength } from '../../definitions/lengths.ts';

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
      const least = atLeast === 0 ? 'at most' : `from ${durationText(atLeast)} to`;
      const range = `must be ${least} ${durationText(atMost)}`;
      context.addIssue({ code: 'custom', message: seconds === undefined ? shape : range });
      return z.NEVER;
    })
    .meta({
      notation: 'duration',
      pattern: durationNotation.source,
      minimum: atLeast,
      maximum: atMost,
      multipleOf: 1,
      ...(atMost < longestDuration && { rule: rangeText(atLeast, atMost) }),
    });
}

function rangeText(atLeast: number, atMost: number): string {
  const most = durationText(atMost);
  return atLeast === 0 ? `Up to ${most}.` : `From ${durationText(atLeast)} to ${most}.`;
}

/** Any duration up to 100 years. */
export const duration = durationBetween(0, longestDuration);

/** An absolute URI, in the form that browsers read. */
export const uri = z
  .url({ error: 'must be an absolute URI' })
  .max(maxLength.uri)
  .meta({ notation: 'URI', pattern: '^\\s*[A-Za-z][A-Za-z0-9+.-]*:' });

export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .max(maxLength.uri)
  .meta({ notation: 'URL', pattern: '^\\s*[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#]' });

const rateNotation = /^(\d{1,9})\/(\d{0,9})([smhd])$/;

/** `10/15m`: at most 10 in each 15 minutes; parsed to a count and a window in milliseconds. */
export const rate = z
  .string({ error: 'must be a rate such as 10/15m' })
  .transform((value, context) => {
    const match = rateNotation.exec(value);
    const unit = match?.[3] as DurationUnit | undefined;
    if (match && unit) {
      const windowMs = Number(match[2] || 1) * secondsPerUnit[unit] * 1000;
      if (Number(match[1]) > 0 && windowMs > 0) return { limit: Number(match[1]), windowMs };
    }
    context.addIssue({ code: 'custom', message: 'must be a rate such as 10/15m' });
    return z.NEVER;
  })
  .meta({ notation: 'rate', pattern: rateNotation.source });

/** One network in CIDR notation (`10.0.0.0/8`, `fd00::/8`); a bare address is a network of one. */
export const network = z
  .string()
  .refine(isNetwork, { message: 'must be a network such as 10.0.0.0/8, fd00::/8 or 127.0.0.1' })
  .meta({ notation: 'network', pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' });

/** Whether the text is an address or a CIDR network, in the usual four-part or IPv6 notation. */
export function isNetwork(value: string): boolean {
  const [address = ''] = value.split('/', 1);
  if (ipaddr.IPv4.isValid(address) && !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  return ipaddr.isValid(value) || ipaddr.isValidCIDR(value);
}

/** The name of a claim that users may have and the protocol leaves free. */
export const ownClaim = z
  .string()
  .regex(
    new RegExp(`^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,${maxLength.claimName}}$`),
    `must be 1 to ${maxLength.claimName} visible ASCII characters, without spaces, double quotes and backslashes`,
  )
  .refine((name) => !protocolClaims.has(name), {
    message: 'is a claim of the protocol',
    params: { remedy: 'Choose another name: tokens say something else by this one.' },
  })
  .meta({ not: { enum: [...protocolClaims] } });

/** See definitions/authentication.ts. */
export const authenticationLevel = z.enum(authenticationLevels);
