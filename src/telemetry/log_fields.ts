/**
 * The second line of defence of the log: what a field may show. The first is that no room logs a
 * secret; this is for the day on which one does.
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
    .map(bare),
);

const redacted = '[redacted]';
const maxDepth = 6;
const maxCauses = 5;

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Field names are few and come with every line. */
const judged = new Map<string, boolean>();
const maxJudged = 1000;

function isSecretName(name: string): boolean {
  const known = judged.get(name);
  if (known !== undefined) return known;
  const secret = secretNames.has(bare(name));
  if (judged.size < maxJudged) judged.set(name, secret);
  return secret;
}

/** A copy in which every field with a secret's name, at any depth, says `[redacted]`. */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return clean(fields, 0) as Record<string, unknown>;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return printable(withoutBearerValues(withoutUrlSecrets(value)));
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (ArrayBuffer.isView(value)) return '[binary]';
  // URL, Date: as JSON would show them.
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON(), depth);
  if (depth === maxDepth) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => clean(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      entry != null && isSecretName(name) ? redacted : clean(entry, depth + 1),
    ]),
  );
}

/** Fields may hold what a client sent, such as a `client_id`: bounded, so that nobody fills the log. */
const maxFieldLength = 200;

/** The fields with their texts, and those of lists in them, cut to some length. */
export function bounded(fields: Record<string, unknown>): Record<string, unknown> {
  const cut = (value: unknown): unknown => {
    if (typeof value === 'string') return value.slice(0, maxFieldLength);
    return Array.isArray(value) ? value.map(cut) : value;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}

/** `mongodb://user:password@host` and `?code=…` appear inside texts, such as drivers' messages. */
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
 * What says of itself that it is a bearer value, an API key or a JWT, wherever it was sent: `curl -u key:` makes the
 * key a client_id. Of a key the start stays, as in all that people see.
 */
function withoutBearerValues(text: string): string {
  return text
    .replace(apiKeys, `$1${redacted}`)
    .replace(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, redacted);
}

/** An error without whatever else its library hung on it: type, code, message, stack, causes. */
export function describeError(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return clean(error, 0);
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    message: clean(error.message, 0),
    stack: error.stack && clean(error.stack, 0),
    cause:
      error.cause === undefined || causes === maxCauses
        ? undefined
        : describeError(error.cause, causes + 1),
  };
}

/** Without control characters (line breaks and tabs stay): nothing that a terminal obeys. */
export function printable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.replace(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd');
}
