/**
 * The log's second line of defense: what a field may show. The first is that no room logs a secret; this is
 * for the day one does.
 */
import { keySecret, keyStart } from '../definitions/api_keys.ts';

/** Names of fields that carry bearer values or proofs, without case and separators. */
const secretNames = new Set(
  [
    'authorization proxy_authorization cookie cookies set_cookie dpop',
    'password new_password current_password password_hash passphrase',
    'secret secrets client_secret secret_hashes private_key jwk',
    'token access_token refresh_token id_token id_token_hint logout_token',
    'subject_token actor_token registration_access_token initial_access_token',
    'code code_verifier device_code user_code request_uri',
    'assertion client_assertion jwt api_key session_id cookie_keys xsrf csrf',
  ]
    .join(' ')
    .split(' ')
    .map(normalized),
);

const redacted = '[redacted]';
const maxDepth = 6;
const maxCauses = 5;

function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** There are few field names, and they come with every line. */
const secretNameCache = new Map<string, boolean>();
const maxCachedNames = 1000;

export function isSecretName(name: string): boolean {
  const known = secretNameCache.get(name);
  if (known !== undefined) return known;
  const secret = secretNames.has(normalized(name));
  if (secretNameCache.size < maxCachedNames) secretNameCache.set(name, secret);
  return secret;
}

/** A copy in which every field with a secret's name, at any depth, is `[redacted]`. */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return cleanValue(fields, 0) as Record<string, unknown>;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutControls(withoutCredentials(value));
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (ArrayBuffer.isView(value)) return '[binary]';
  // URL, Date: as in JSON.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return cleanValue(value.toJSON(), depth);
  if (depth === maxDepth) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => cleanValue(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      entry != null && isSecretName(name) ? redacted : cleanValue(entry, depth + 1),
    ]),
  );
}

/** Fields may contain what a client sent, such as a `client_id`. Limited, so that nobody can fill the log. */
const maxFieldLength = 200;

/** The fields with their texts, including those in lists, cut to `maxFieldLength`. */
export function bounded(fields: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...fields };
  for (const name of Object.keys(copy)) {
    const value = copy[name];
    // Most are short: then the copy is all that a request pays.
    if (typeof value === 'string' ? value.length > maxFieldLength : Array.isArray(value))
      copy[name] = cut(value);
  }
  return copy;
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, maxFieldLength);
  return Array.isArray(value) ? value.map(cut) : value;
}

/** Shorter texts contain no API key: two characters of prefix, environment, secret. */
const shortestApiKey = 46;

/**
 * Whether a text, at a glance, contains no credential and nothing that JSON or a terminal would understand. Others
 * may be as good, but have to be looked at. A password in a URL comes with `@`, a parameter with `=`, a header's
 * credential with a space, a JWT with `eyJ`.
 */
export function isHarmless(text: string): boolean {
  return text.length < shortestApiKey && !/[^\w.:/-]|eyJ/.test(text);
}

/** The text with what is recognizable as a credential redacted. */
export function withoutCredentials(text: string): string {
  return withoutBearerValues(withoutUrlSecrets(text));
}

/** `mongodb://user:password@host` and `?code=…` occur inside texts, such as drivers' messages. */
function withoutUrlSecrets(text: string): string {
  if (!text.includes(':') && !text.includes('=')) return text;
  return text
    .replace(/(:\/\/[^\s/?#:@]*:)[^\s/?#]*@/g, `$1${redacted}@`)
    .replace(/([?&#;]([\w-]{1,40})=)[^\s&#;"']+/g, (match, start: string, name: string) =>
      isSecretName(name) ? start + redacted : match,
    )
    .replace(/\b(Bearer|Basic|DPoP) [\w.~+/=-]{8,}/gi, `$1 ${redacted}`);
}

const apiKeys = new RegExp(`\\b(${keyStart})${keySecret.pattern}\\b`, 'g');

/**
 * Values that are recognizable as a bearer value, an API key or a JWT, wherever they were sent: `curl -u
 * key:` makes an API key a client_id. The start of an API key stays, as everywhere that people see it.
 */
function withoutBearerValues(text: string): string {
  return text
    .replace(apiKeys, `$1${redacted}`)
    .replace(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, redacted);
}

/** An error without anything else its library attached: type, code, message, stack, causes. */
export function describeError(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return cleanValue(error, 0);
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    message: cleanValue(error.message, 0),
    stack: error.stack && cleanValue(error.stack, 0),
    cause:
      error.cause === undefined || causes === maxCauses
        ? undefined
        : describeError(error.cause, causes + 1),
  };
}

/** Without control characters (line breaks and tabs stay), because terminals obey them. */
export function withoutControls(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.replace(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd');
}
