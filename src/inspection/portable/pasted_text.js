// @ts-check
/**
 * Finds the credential in what a person pasted: with a scheme in front, in quotes, broken over lines, in a curl command,
 * a JSON response or the address of a redirect. Everything that was taken off is said.
 */
import { say } from './statement.js';

/** @import { Statement } from '../report.ts' */

/** @typedef {{ value: string, notes: Statement[] }} Pasted */

/** In the order in which one is chosen. */
const fieldNames = [
  ...['access_token', 'id_token', 'token', 'key', 'api_key', 'refresh_token', 'logout_token'],
  ...['client_assertion', 'request', 'subject_token', 'registration_access_token'],
];
const schemes = /^(bearer|dpop|token|apikey|api-key)\s+/i;
const quotes = /^(["'`“”‘’«»])([\s\S]*)(["'`“”‘’«»])[,;]?$/;

/**
 * @param {string} text
 * @returns {Pasted}
 */
export function takeOut(text) {
  /** @type {Statement[]} */
  const notes = [];
  let value = text.replace(/[\u200b\u2060\ufeff]/g, '').trim();
  for (const step of [fromJson, fromCommand, fromAddress, fromForm, fromHeader, unquoted, bare]) {
    const found = step(value);
    if (!found) continue;
    notes.push(...found.notes);
    value = found.value;
  }
  const joined = value.replace(/\s+/g, '');
  if (joined !== value && /^[\w.+/=-]+$/.test(joined)) {
    notes.push(say('caution', 'pasted_whitespace'));
    value = joined;
  }
  if (/…|\.\.\.$/.test(value)) notes.push(say('bad', 'pasted_ellipsis', {}, 0));
  return { value, notes };
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function fromJson(text) {
  if (!text.startsWith('{')) return undefined;
  const members = parsed(text);
  return members && chosen(Object.entries(members), 'pasted_json');
}

/**
 * A curl command, or the lines of an HTTP request.
 *
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function fromCommand(text) {
  if (!/^\s*(\$\s*)?curl\s|^(GET|POST|PUT|DELETE) \S+ HTTP/i.test(text)) return undefined;
  const [, credential] = /authorization:\s*(?:bearer|dpop)\s+([^\s"'\\]+)/i.exec(text) ?? [];
  const [, key] = /x-api-key:\s*([^\s"'\\]+)/i.exec(text) ?? [];
  const [, proof] = /dpop:\s*([^\s"'\\]+)/i.exec(text) ?? [];
  const value = credential ?? key;
  if (value) {
    const notes = [say('fact', 'pasted_command')];
    if (proof && credential) notes.push(say('fact', 'pasted_others', { names: 'DPoP' }));
    return { value, notes };
  }
  const pairs = [...text.matchAll(/(\w+)=([\w.~%+/-]+)/g)].map(([, name, it]) => [name, it]);
  return chosen(/** @type {[string, string][]} */ (pairs), 'pasted_command');
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function fromAddress(text) {
  if (!/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text)) return undefined;
  const address = URL.parse(text);
  if (!address) return undefined;
  const fields = [new URLSearchParams(address.hash.slice(1)), address.searchParams];
  const found = chosen(
    fields.flatMap((one) => [...one]),
    'pasted_address',
  );
  return found && { ...found, notes: [...found.notes, say('caution', 'pasted_from_url')] };
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function fromForm(text) {
  if (!/^\w+=[^\s]+$/.test(text)) return undefined;
  return chosen([...new URLSearchParams(text)], 'pasted_form');
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function fromHeader(text) {
  const [, name = '', value] =
    /^["']?(authorization|x-api-key|dpop):\s*([^\n]+)$/i.exec(text) ?? [];
  return value === undefined
    ? undefined
    : { value: value.trim().replace(/["']$/, ''), notes: [say('fact', 'pasted_header', { name })] };
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function unquoted(text) {
  const [, , inside] = quotes.exec(text) ?? [];
  return inside === undefined
    ? undefined
    : { value: inside.trim(), notes: [say('caution', 'pasted_quotes')] };
}

/**
 * @param {string} text
 * @returns {Pasted | undefined}
 */
function bare(text) {
  const [, scheme] = schemes.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const value = text.replace(schemes, '').trim();
  return { value, notes: [say('fact', 'pasted_scheme', { scheme })] };
}

/**
 * The one among several fields that is looked at, and the names of the others.
 *
 * @param {readonly [string, unknown][]} entries
 * @param {string} code
 * @returns {Pasted | undefined}
 */
function chosen(entries, code) {
  const fields = new Map(entries);
  const there = fieldNames.filter((name) => typeof fields.get(name) === 'string');
  const [name, ...others] = there;
  if (name === undefined) return undefined;
  const notes = [say('fact', code, { name })];
  if (others.length > 0) notes.push(say('fact', 'pasted_others', { names: others.join(', ') }));
  return { value: String(fields.get(name)).trim(), notes };
}

/**
 * @param {string} text
 * @returns {object | undefined}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
