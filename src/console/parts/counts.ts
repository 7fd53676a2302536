/**
 * How many there are, in words: each number was counted by an index, and no further than one wants to know.
 */
import type { Dependents } from '../../admin/room.ts';

type Counted = Dependents['access_tokens'];

/** Of a few lists at once, a page reads so many in some milliseconds. */
export const mostListed = 100;

const join = new Intl.ListFormat('en-GB');

/** `3 sessions`, `1 session`, `more than 1,000 sessions`, `no sessions`. */
export function countText(counted: Counted, one: string, several = `${one}s`): string {
  const { count, more } = counted;
  if (count === 0 && !more) return `no ${several}`;
  return `${numberText(counted)} ${count === 1 && !more ? one : several}`;
}

/** The length of a list, as far as its first page tells. */
export function countedOf({
  items,
  next,
}: {
  items: readonly unknown[];
  next: string | null;
}): Counted {
  return { count: items.length, more: next !== null };
}

/** `3`, `more than 1,000`. */
export function numberText({ count, more }: Counted): string {
  return `${more ? 'more than ' : ''}${count.toLocaleString('en')}`;
}

/** `1 session, 812 grants and 37 access tokens`: what ends. Undefined: nothing that is counted is alive. */
export function endingText(dependents: Dependents): string | undefined {
  const { sessions, grants, refresh_tokens, access_tokens, client_blocks } = dependents;
  const texts = [
    ...textOf(sessions, 'session'),
    ...textOf(grants, 'grant'),
    ...textOf(refresh_tokens, 'refresh token'),
    ...textOf(access_tokens, 'access token'),
    // They are in the status lists as blocks, which say nothing of how many were used.
    ...(isSome(client_blocks) ? ['access tokens of services'] : []),
  ];
  return texts.length > 0 ? join.format(texts) : undefined;
}

export function isSome(counted: Counted | undefined): counted is Counted {
  return counted !== undefined && (counted.count > 0 || counted.more);
}

function textOf(counted: Counted | undefined, one: string): string[] {
  return isSome(counted) ? [countText(counted, one)] : [];
}
