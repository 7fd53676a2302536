/**
 * The format of API keys: `<prefix>_<live|test>_<random><checksum>`. People see what a key is and where it
 * belongs, scanners find it with a regular expression, and the checksum catches typos without asking the store.
 * The checksum is not secret and is not a security feature.
 *
 * The verifier has its own copy of this format: it is a package of its own and imports nothing from the server.
 */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  type KeyEnvironment,
  keyEnvironments,
  keyPrefix,
  keySecret,
} from '../../definitions/api_keys.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const { random: randomLength, checksum: checksumLength } = keySecret;
const shape = new RegExp(
  `^(${keyPrefix.pattern})_(${keyEnvironments.join('|')})_${keySecret.pattern}$`,
);
const maxKeyLength = keyPrefix.longest + '_live_'.length + randomLength + checksumLength;

export type ParsedKey = {
  prefix: string;
  environment: KeyEnvironment;
  /** False for a key that was mistyped or truncated: no such key was ever created. */
  isChecksumRight: boolean;
};

/** Generates a key. This is the only place where a key exists in plain text. */
export function createKey(prefix: string, environment: KeyEnvironment): string {
  const body = `${prefix}_${environment}_${randomText(randomLength)}`;
  return `${body}${checksum(body)}`;
}

/** Parses text that looks like a key, with any prefix; undefined for anything else. */
export function parseKey(text: string): ParsedKey | undefined {
  if (text.length > maxKeyLength) return undefined;
  const [, prefix, environment] = shape.exec(text) ?? [];
  if (!prefix) return undefined;
  const body = text.slice(0, -checksumLength);
  return {
    prefix,
    environment: environment as KeyEnvironment,
    isChecksumRight: checksum(body) === text.slice(-checksumLength),
  };
}

/**
 * CRC-32 (ISO-HDLC, as in zlib) of everything before it, in base62: most significant digit first, padded with
 * zeros.
 */
export function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = alphabet.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}

/** What people recognize a key by: its first eight and last four characters. */
export function displayOf(key: string): { start: string; end: string } {
  return { start: key.slice(0, 8), end: key.slice(-4) };
}

/** A regular expression for secret scanners, in the syntax that RE2, PCRE and Hyperscan share. */
export function scannerPattern(prefix: string): string {
  return `\\b${prefix}_(?:${keyEnvironments.join('|')})_${keySecret.pattern}\\b`;
}

/** Every character is equally likely: bytes at or above the last multiple of 62 are discarded. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(2 * (length - text.length))) {
      if (byte < 248 && text.length < length) text += alphabet.charAt(byte % 62);
    }
  }
  return text;
}
