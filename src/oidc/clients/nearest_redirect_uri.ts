/**
 * Which registered redirect URI an app probably meant: the one that begins and ends most alike.
 */
import { maxLength } from '../../definitions/lengths.ts';

/** Undefined where there is none, and for what is too long to be a redirect URI. */
export function nearestRedirectUri(
  asked: unknown,
  registered: readonly string[] = [],
): string | undefined {
  if (typeof asked !== 'string' || asked.length > maxLength.uri) return undefined;
  let nearest: string | undefined;
  let most = -1;
  for (const uri of registered) {
    const likeness = alike(asked, uri);
    if (likeness > most) [nearest, most] = [uri, likeness];
  }
  return nearest;
}

/** Whether whoever asks knows so much of it that the rest is no news: where it leads, or its path. */
export function isAlmost(asked: string, uri: string): boolean {
  const [one, other] = [URL.parse(asked), URL.parse(uri)];
  if (!one || !other) return false;
  const isSameHost = one.hostname !== '' && one.hostname === other.hostname;
  return isSameHost || (one.protocol === other.protocol && !/^https?:$/.test(one.protocol));
}

/** How many characters they share at the beginning and at the end. */
function alike(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return start + end;
}
