/**
 * What an operator allows a client that registered itself. Its own metadata is its own to write (RFC 7592); the
 * operator's word is kept beside it, and what holds is what both allow. So nothing that was taken can be brought
 * back by an update of the client's.
 */
import { isClientMember } from '../config/schema/client_metadata.ts';
import { scopeWords } from '../tokens/room.ts';

type Metadata = Readonly<Record<string, unknown>>;

/** The metadata that holds. Lists and `scope` are narrowed; any other member is as the operator says. */
export function withinBounds(own: Metadata, bounds: Metadata = {}): Record<string, unknown> {
  const bounded = Object.entries(bounds).map(([name, bound]) => [
    name,
    within(name, own[name], bound),
  ]);
  return { ...own, ...Object.fromEntries(bounded) };
}

/** The client's own metadata, with whatever an operator gives it beyond that. */
export function withAllowed(own: Metadata, bounds: Metadata): Record<string, unknown> {
  const allowed = Object.entries(bounds).flatMap(([name, bound]) => {
    const has = own[name];
    if (name === 'scope') return [[name, joined([...scopeWords(has), ...scopeWords(bound)])]];
    return isList(has) && isList(bound) ? [[name, [...new Set([...has, ...bound])]]] : [];
  });
  return { ...own, ...Object.fromEntries(allowed) };
}

/** Of the metadata of a client that registered itself, what an operator could have written, too: that can be checked. */
export function operatorsPart({
  response_types: _types,
  ...metadata
}: Metadata): Record<string, unknown> {
  const { grant_types: grantTypes } = metadata;
  const members = Object.entries(metadata).filter(([name]) => isClientMember(name));
  return {
    ...Object.fromEntries(members),
    ...(isList(grantTypes) && { grant_types: grantTypes.filter((type) => type !== 'implicit') }),
  };
}

function within(name: string, own: unknown, bound: unknown): unknown {
  if (own === undefined) return bound;
  if (name === 'scope') {
    const allowed = scopeWords(bound);
    return joined(scopeWords(own).filter((word) => allowed.includes(word)));
  }
  return isList(own) && isList(bound) ? own.filter((value) => bound.includes(value)) : bound;
}

function joined(words: readonly string[]): string {
  return [...new Set(words)].join(' ');
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
