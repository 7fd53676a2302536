// @ts-check
/**
 * Reads a JWS or JWE in compact serialization (RFC 7515 section 3.1, RFC 7516 section 3.1) without trusting any of it,
 * and says what is wrong with its form.
 */
import { say } from './statement.js';

/** @import { ReadToken, Statement } from '../report.ts' */

const decoder = new TextDecoder('utf-8', { fatal: true });
const noBytes = new Uint8Array(0);

/**
 * Undefined if it does not look like one, not even like a part of one.
 *
 * @param {string} value
 * @returns {{ token: ReadToken, notes: Statement[] } | undefined}
 */
export function readCompact(value) {
  const parts = value.split('.');
  const [first = ''] = parts;
  if (!/^ey|^e30/.test(first) && parts.length < 3) return undefined;
  const header = objectIn(first);
  if (!header && !first.startsWith('ey')) return undefined;

  /** @type {Statement[]} */
  const notes = formNotes(parts);
  if (!header) notes.push(say('bad', 'header_unreadable', {}, 0));
  const isEncrypted = parts.length === 5;
  if (parts.length !== 3 && !isEncrypted) {
    const code = parts.length < 3 ? 'form_truncated' : 'form_parts';
    notes.push(say('bad', code, { parts: parts.length }, 0));
  }
  const [, second = '', third = ''] = parts;
  const claims = isEncrypted ? {} : objectIn(second);
  if (!claims && parts.length > 1) notes.push(say('bad', 'payload_unreadable', {}, 0));
  /** @type {ReadToken} */
  const token = {
    form: isEncrypted ? 'jwe' : parts.length === 3 && claims && header ? 'jws' : 'none',
    header: header ?? {},
    claims: claims ?? {},
    signingInput: `${first}.${second}`,
    signature: bytesIn(third) ?? noBytes,
  };
  return { token, notes };
}

/**
 * @param {readonly string[]} parts
 * @returns {Statement[]}
 */
function formNotes(parts) {
  const text = parts.join('');
  return [
    ...(text.includes('=') ? [say('bad', 'form_padding', {}, 1)] : []),
    ...(/[+/]/.test(text) ? [say('bad', 'form_base64', {}, 1)] : []),
    ...(/[^\w+/=-]/.test(text) ? [say('bad', 'form_characters', {}, 0)] : []),
  ];
}

/**
 * The bytes that base64url, or base64, is for.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | undefined}
 */
function bytesIn(text) {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** @param {Uint8Array} bytes */
export function base64url(bytes) {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @param {string} text
 * @returns {Record<string, unknown> | undefined}
 */
function objectIn(text) {
  const bytes = bytesIn(text);
  if (!bytes) return undefined;
  try {
    const value = JSON.parse(decoder.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
