/**
 * Which registered redirect URI an app probably meant: the one that begins and ends most alike. Redirect URIs are no
 * secrets; each sign-in shows one.
 */
export function nearestRedirectUri(
  asked: unknown,
  registered: readonly string[] = [],
): string | undefined {
  if (typeof asked !== 'string') return undefined;
  const likeness = (uri: string) =>
    Math.min(commonStart(asked, uri) + commonStart(reversed(asked), reversed(uri)), uri.length);
  return registered.toSorted((one, other) => likeness(other) - likeness(one))[0];
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

function reversed(text: string): string {
  return [...text].toReversed().join('');
}
