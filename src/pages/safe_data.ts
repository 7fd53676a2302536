/**
 * The last gate before a template: whatever a page is given is made harmless here by the name of
 * its member, so that no template, built in or an operator's, has to remember to. Escaping is not
 * done here; the template engine escapes whatever it writes.
 */
import { CardeaError } from '../errors.ts';
import { displayText } from './display_text.ts';

/** Names longer than this are cut: a name must not become a sentence that speaks for us. */
const maxNameLength = 64;

/**
 * A copy of a page's data with texts cleaned and addresses checked. Throws a CardeaError when a
 * form would post to an address that is no http(s) URL and no path.
 */
export function safePageData<T extends object>(data: T): T {
  return members(data) as T;
}

function members(data: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, member(key, value as unknown)]),
  );
}

function member(key: string, value: unknown): unknown {
  // What a form sends back must be exactly what it was given.
  if (key === 'hidden') return value;
  if (typeof value === 'string') return text(key, value);
  if (Array.isArray(value)) return value.map((entry) => member(key, entry));
  if (typeof value !== 'object' || value === null) return value;
  return key === 'client' ? safeClient(members(value)) : members(value);
}

function text(key: string, value: string): string | undefined {
  if (key === 'action' || key.endsWith('Action')) return formAction(value);
  if (key === 'logoUrl') return isOwnPath(value) ? value : undefined;
  if (key.endsWith('Url')) return isWebUrl(value) ? value : undefined;
  return displayText(value);
}

function safeClient(client: Record<string, unknown>): Record<string, unknown> {
  const name = displayText(String(client.name ?? ''), maxNameLength);
  // A name of nothing but invisible characters is no name.
  return { ...client, name: name || (client.host ?? '?') };
}

function formAction(value: string): string {
  if (isOwnPath(value) || isWebUrl(value)) return value;
  throw new CardeaError({
    code: 'invalid_form_action',
    status: 400,
    message: 'This address can not receive a form.',
  });
}

/** An absolute path on this host: `/x`, not `//host`, nor what browsers read as that. */
function isOwnPath(value: string): boolean {
  return (
    /^\/(?![/\\])/.test(value) && URL.parse(value, 'http://here.invalid')?.host === 'here.invalid'
  );
}

/** The host that an http(s) URL leads to, in its ASCII form; undefined for a path of our own. */
export function hostOf(address: string): string | undefined {
  return isWebUrl(address) ? URL.parse(address)?.host : undefined;
}

/** The parser is the one that browsers use, so `java\nscript:` has no second reading. */
function isWebUrl(value: string): boolean {
  const url = URL.parse(value);
  return url?.protocol === 'https:' || url?.protocol === 'http:';
}
