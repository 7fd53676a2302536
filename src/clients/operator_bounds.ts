/**
 * What an operator allows a client that registered itself. The client may write its own metadata (RFC 7592);
 * the operator's bounds are kept beside it, and what both allow is effective. So the client cannot bring back
 * anything that the operator took away.
 */
import { isClientMember } from '../config/schema/client_metadata.ts';
import { scopeWords } from '../tokens/room.ts';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * The effective metadata. Lists and `scope` are narrowed to the bounds; any other member is set to the
 * operator's value.
 */
export function withinBounds(own: Metadata, bounds: Metadata = {}): Record<string, unknown> {
  const bounded = Object.entries(bounds).map(([name, bound]) => [
    name,
    within(name, own[name], bound),
  ]);
  return { ...own, ...Object.fromEntries(bounded) };
}

/** The client's own metadata, extended by whatever an operator allows beyond it. */
export function withAllowed(own: Metadata, bounds: Metadata): Record<string, unknown> {
  const allowed = Object.entries(bounds).flatMap(([name, bound]) => {
    const has = own[name];
    if (name === 'scope') return [[name, joined([...scopeWords(has), ...scopeWords(bound)])]];
    return isList(has) && isList(bound) ? [[name, [...new Set([...has, ...bound])]]] : [];
  });
  return { ...own, ...Object.fromEntries(allowed) };
}

/**
 * The part of a self-registered client's metadata that an operator could have written too, and that can be
 * checked as such.
 */
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
