/**
 * The format and limits of API keys, for the declarative file, the API, the command line and the redaction of logs.
 * The verifier package has its own copy of the format (src/verifier/api_keys/key_format.ts); a test compares the two.
 */
import { longestDuration } from './durations.ts';
import { day } from './units.ts';

export const keyEnvironments = ['live', 'test'] as const;
export type KeyEnvironment = (typeof keyEnvironments)[number];

/** The parts of `<prefix>_<live|test>_<random><checksum>` as patterns. People may see the prefix, but not the secret. */
export const keyPrefix = { pattern: '[a-z][a-z0-9]{1,15}', longest: 16 } as const;
/** 190 bits in base62, and a CRC-32. */
export const keySecret = { random: 32, checksum: 6, pattern: '[0-9A-Za-z]{38}' } as const;
export const keyStart = `${keyPrefix.pattern}_(?:${keyEnvironments.join('|')})_`;

export const longestTierName = 64;
export const tierNamePattern = new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${longestTierName - 1}}$`);

/** Requests per minute or month. */
export const requestLimit = { min: 1, max: 1_000_000_000 } as const;

export const longestKeyLife = longestDuration;

/** Seconds that a rotated key stays valid alongside its successor. */
export const rotationOverlap = { default: day, max: 90 * day } as const;

/** Where a leaked key was found. */
export type LeakSource = 'github' | 'scanner' | 'query_string';

/** Unusual use of a key that raises an alert. */
export type AlertKind = 'new_network' | 'rate_spike' | 'denied_calls';

/** Prefix length of an address's network. Use from a new network raises an alert. */
export const networkBits = { ipv4: 24, ipv6: 48 } as const;

/** How other services take API keys in `Authorization`, besides as bearer. Names as HTTP has them, in lower case. */
export const keySchemes = ['basic', 'apikey', 'token'] as const;
export type KeyScheme = (typeof keySchemes)[number];
