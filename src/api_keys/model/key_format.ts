/**
 * The form of an API key: `<prefix>_<live|test>_<random><checksum>`. A person sees what it is and where it
 * belongs, a scanner finds it by a regular expression, and the checksum tells a typo from an unknown key
 * without the store. The checksum is no secret and protects against nothing but mistakes.
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
  /** False: it was mistyped or cut; no such key was ever made. */
  isChecksumRight: boolean;
};

/** A new key: the only moment at which it exists in the clear. */
export function createKey(prefix: string, environment: KeyEnvironment): string {
  const body = `${prefix}_${environment}_${randomText(randomLength)}`;
  return `${body}${checksum(body)}`;
}

/** The parts of what looks like a key, whatever its prefix; undefined for anything else. */
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

/** CRC-32 (ISO-HDLC, as zlib has it) of all before it: base62, most significant first, padded with zeros. */
export function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = alphabet.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}

/** What people tell keys apart by: the first eight and the last four characters. */
export function displayOf(key: string): { start: string; end: string } {
  return { start: key.slice(0, 8), end: key.slice(-4) };
}

/** For secret scanners: a regular expression, in the syntax that RE2, PCRE and Hyperscan share. */
export function scannerPattern(prefix: string): string {
  return `\\b${prefix}_(?:${keyEnvironments.join('|')})_${keySecret.pattern}\\b`;
}

/** Each character as likely as any other: bytes beyond the last multiple of 62 are thrown away. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(2 * (length - text.length))) {
      if (byte < 248 && text.length < length) text += alphabet.charAt(byte % 62);
    }
  }
  return text;
}
