/**
 * The last gate before a template: makes a page's data safe, member by member by name, so that no template,
 * built in or an operator's, has to. Escaping is not done here; the template engine escapes what it writes.
 */
import { CardeaError } from '../errors.ts';
import { displayText } from './display_text.ts';

/** Longer names are cut: a name must not become a sentence that speaks for us. */
const maxNameLength = 64;

const asTheyAre = new Set(['hidden', 'ceremony', 'signals', 'report', 'qr']);

/**
 * Returns a copy of a page's data with texts cleaned and URLs checked. Throws CardeaError if a form would
 * post to anything other than an http(s) URL or a path.
 */
export function safePageData<T extends object>(data: T): T {
  return safeMembers(data) as T;
}

function safeMembers(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, safeValue(key, value as unknown)]),
  );
}

function safeValue(key: string, value: unknown): unknown {
  // A form must send back exactly what it was given, as must a browser what identifies a passkey; a report was cleaned
  // when it was put into words, and a QR code is a drawing.
  if (asTheyAre.has(key)) return value;
  if (typeof value === 'string') return safeText(key, value);
  if (Array.isArray(value)) return value.map((entry) => safeValue(key, entry));
  if (typeof value !== 'object' || value === null) return value;
  return key === 'client' ? safeClient(safeMembers(value)) : safeMembers(value);
}

function safeText(key: string, value: string): string | undefined {
  if (key === 'action' || key.endsWith('Action')) return checkedFormAction(value);
  if (key === 'logoUrl') return isOwnPath(value) ? value : undefined;
  if (key.endsWith('Path')) return isOwnPath(value) ? value : undefined;
  if (key.endsWith('Url')) return isWebUrl(value) ? value : undefined;
  // Where a sign-out leads may be a native app, and what is cut leads nowhere.
  if (key === 'target' || key === 'frames') return leadsOn(value) ? value : '/';
  return displayText(value);
}

function safeClient(client: Record<string, unknown>): Record<string, unknown> {
  const name = displayText(String(client.name ?? ''), maxNameLength);
  // A name of only invisible characters is no name.
  return { ...client, name: name || (client.host ?? '?') };
}

function checkedFormAction(value: string): string {
  if (isOwnPath(value) || isWebUrl(value)) return value;
  throw new CardeaError({
    code: 'invalid_form_action',
    status: 400,
    message: 'A form cannot be sent to this address.',
  });
}

/** An absolute path on this host: `/x`, but not `//host` or what browsers read as that. */
function isOwnPath(value: string): boolean {
  return (
    /^\/(?![/\\])/.test(value) && URL.parse(value, 'http://here.invalid')?.host === 'here.invalid'
  );
}

/** The host of an http(s) URL, in ASCII. Undefined for a path of our own. */
export function webHostOf(address: string): string | undefined {
  return isWebUrl(address) ? URL.parse(address)?.host : undefined;
}

/** A path of our own, an http(s) URL, or one of a private-use scheme (RFC 8252 section 7.1). */
function leadsOn(value: string): boolean {
  return isOwnPath(value) || isWebUrl(value) || !!URL.parse(value)?.protocol.includes('.');
}

/** Uses the same parser as browsers, so that `java\nscript:` has no second meaning. */
function isWebUrl(value: string): boolean {
  const url = URL.parse(value);
  return url?.protocol === 'https:' || url?.protocol === 'http:';
}
