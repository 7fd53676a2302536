/**
 * What an API key may be, wherever that is said: in the declarative file, by the API, on the command line, in what
 * logs leave out. The verifier's package has a copy of the form (src/verifier/api_keys/format.ts), which a test
 * holds to this one.
 */
import { longestDuration } from './durations.ts';
import { day } from './units.ts';

export const keyEnvironments = ['live', 'test'] as const;
export type KeyEnvironment = (typeof keyEnvironments)[number];

/** `<prefix>_<live|test>_<random><checksum>`, as patterns: what people may see of it, and what they may not. */
export const keyPrefix = { pattern: '[a-z][a-z0-9]{1,15}', longest: 16 } as const;
/** 190 bits in base62, and a CRC-32. */
export const keySecret = { random: 32, checksum: 6, pattern: '[0-9A-Za-z]{38}' } as const;
export const keyStart = `${keyPrefix.pattern}_(?:${keyEnvironments.join('|')})_`;

export const longestTierName = 64;

/** Requests per minute or month. */
export const requestLimit = { min: 1, max: 1_000_000_000 } as const;

export const longestKeyLife = longestDuration;

/** Seconds for which a rotated key stays valid beside its successor. */
export const rotationOverlap = { default: day, max: 90 * day } as const;

/** Where a key was found that leaked. */
export type LeakSource = 'github' | 'scanner' | 'query_string';

/** What may be unusual about the use of a key. */
export type AlertKind = 'new_network' | 'rate_spike' | 'denied_calls';

/** Bits of an address that make one network: use from a new one raises an alert. */
export const networkBits = { ipv4: 24, ipv6: 48 } as const;
