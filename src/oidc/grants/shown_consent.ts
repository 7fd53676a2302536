/**
 * What a person was shown when they agreed, kept with the grant as fingerprints: consent holds for the client as
 * it introduced itself, for the place that the answer goes to, and for the words that told what it is about. What
 * is different today has not been agreed to, and is asked again. Grants from before there were fingerprints have
 * none, and so are asked once more.
 *
 * What the client says of itself counts in every language, for a registrant wrote it; of an operator's texts (APIs,
 * scopes) the version that was shown is enough, so that a translation that is added asks nobody.
 */
import type { Client, Grant } from 'oidc-provider';
import type { LocalText } from '../../config/schema/local_text.ts';
import { isLoopbackHost } from '../../definitions/loopback.ts';
import { sha256 } from '../../digests.ts';
import { introductionOf, redirectHost } from '../clients/page_client.ts';
import type { RequestedScopes } from './requested_scopes.ts';

/** One thing on the page, in all versions of its text. */
type Item = { names: string[]; text: LocalText };

/** All that a page shows of one request. */
export type Shown = { face: string; items: Item[] };

/** The library keeps the member since engine/overrides.ts tells it to. */
type GrantWithMarks = Grant & { shown?: string[] };

/** Of one grant; the oldest go first. A client with many APIs has some dozens. */
const mostMarks = 200;

/** `redirectUri` is absent where there is none (RFC 8628). */
export function shownFor(client: Client, requested: RequestedScopes, redirectUri: unknown): Shown {
  const { openid, texts, claims, apis } = requested;
  const parts = claims.filter(({ allowed }) => allowed).map(({ scope }) => scope);
  return {
    face: sha256(JSON.stringify(faceOf(client, redirectUri))),
    items: [
      { names: ['client'], text: '' },
      // What the standard scopes mean is fixed by OpenID Connect; others mean and release what the file says.
      ...[...new Set([...openid, ...parts])].map((scope) => ({
        names: ['openid', scope, ...(texts[scope]?.claims.toSorted() ?? [])],
        text: texts[scope]?.meaning ?? '',
      })),
      // The page leaves out an API of which nothing is asked.
      ...apis
        .filter(({ scopes }) => scopes.length > 0)
        .flatMap(({ identifier, since, name, scopes, claims: told }) => {
          // An API that got the identifier of another has been shown to nobody.
          const api = since > 0 ? [identifier, String(since)] : [identifier];
          return [
            { names: ['api', ...api, ...told.toSorted()], text: name },
            ...scopes.map((scope) => ({
              names: ['scope', ...api, scope.name],
              text: scope.meaning,
            })),
          ];
        }),
    ],
  };
}

/** Whether all of it was on a page when the person agreed, whatever they chose there. */
export function wasShown(grant: Grant, { face, items }: Shown): boolean {
  const marks = new Set((grant as GrantWithMarks).shown);
  return items.every(({ names, text }) => {
    const versions = typeof text === 'string' ? [text] : Object.values(text);
    return versions.some((version) => marks.has(markOf(face, names, version)));
  });
}

/** The same for the same page: `textOf` picks the version that the page shows. */
export function marksOf({ face, items }: Shown, textOf: (text: LocalText) => string): string[] {
  return items.map(({ names, text }) => markOf(face, names, textOf(text)));
}

/** Adds to the grant what the person has seen. */
export function rememberShown(grant: Grant, marks: readonly string[]): void {
  const known = grant as GrantWithMarks;
  known.shown = [
    ...new Set([...(known.shown ?? []).filter((mark) => !marks.includes(mark)), ...marks]),
  ];
  known.shown = known.shown.slice(-mostMarks);
}

function faceOf(client: Client, redirectUri: unknown): unknown[] {
  return [...introductionOf(client), hostThatCounts(client, redirectUri) ?? null];
}

/** A native app on a loopback address comes from another port each time (RFC 8252 section 7.3). */
function hostThatCounts(client: Client, redirectUri: unknown): string | undefined {
  const host = redirectHost(redirectUri);
  const hostname = URL.parse(`http://${host}`)?.hostname;
  const isLoopback = hostname !== undefined && isLoopbackHost(hostname);
  return isLoopback && client.applicationType === 'native' ? hostname : host;
}

/** A text that is only wrapped differently in the file is the same text. */
function markOf(face: string, names: string[], text: string): string {
  return sha256(
    JSON.stringify([face, ...names, text.normalize('NFC').replace(/\s+/g, ' ').trim()]),
  );
}
