/**
 * The format of API keys: `<prefix>_<live|test>_<32 random characters><checksum of 6>`, in base62. It
 * distinguishes keys from tokens, and keys from typos, without asking anybody.
 *
 * The server has its own copy of this format: this package imports nothing from the server.
 */

export type ApiKeyForm = {
  prefix: string;
  environment: 'live' | 'test';
  /** False: no such key was ever created. */
  isChecksumRight: boolean;
};

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^([a-z][a-z0-9]{1,15})_(live|test)_[0-9A-Za-z]{38}$/;
const maxKeyLength = 60;
const checksumLength = 6;

/** Undefined: not an API key. */
export function readApiKey(text: string): ApiKeyForm | undefined {
  if (text.length > maxKeyLength) return undefined;
  const [, prefix, environment] = shape.exec(text) ?? [];
  if (prefix === undefined) return undefined;
  const body = text.slice(0, -checksumLength);
  return {
    prefix,
    environment: environment === 'live' ? 'live' : 'test',
    isChecksumRight: checksum(body) === text.slice(-checksumLength),
  };
}

/** What people recognize a key by, as Cardea shows it. Not enough to use the key. */
export function displayOf(key: string): string {
  return `${key.slice(0, 8)}…${key.slice(-4)}`;
}

/** Base62: most significant digit first, padded with zeros. */
function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = alphabet.charAt(value % 62) + text;
    value = Math.floor(value / 62);
  }
  return text;
}

/** For ASCII text. Early releases of Node 20 have no crc32 in zlib. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
