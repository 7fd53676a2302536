/**
 * The form of an API key: `<prefix>_<live|test>_<32 random characters><6 of checksum>`, in base62. It tells a
 * key from a token, and a typo from a key, without asking anybody.
 */

export type ApiKeyForm = {
  prefix: string;
  environment: 'live' | 'test';
  /** False: no such key was ever made. */
  isChecksumRight: boolean;
};

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^([a-z][a-z0-9]{1,15})_(live|test)_[0-9A-Za-z]{38}$/;
const longestKey = 60;
const checksumLength = 6;

/** Undefined: not an API key. */
export function readApiKey(text: string): ApiKeyForm | undefined {
  if (text.length > longestKey) return undefined;
  const [, prefix, environment] = shape.exec(text) ?? [];
  if (prefix === undefined) return undefined;
  const body = text.slice(0, -checksumLength);
  return {
    prefix,
    environment: environment === 'live' ? 'live' : 'test',
    isChecksumRight: checksum(body) === text.slice(-checksumLength),
  };
}

/** What people tell keys apart by; the same as Cardea lists. Not enough to use it. */
export function displayOf(key: string): string {
  return `${key.slice(0, 8)}…${key.slice(-4)}`;
}

/** Base62, most significant first, padded with zeros. */
function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let place = 0; place < checksumLength; place += 1) {
    text = alphabet.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}

/** Of ASCII. The first releases of Node 20 have none in zlib. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
