/**
 * The APIs that a request names (`resource`, RFC 8707; `audience`, RFC 8693), by their identifiers, however the request
 * spells them.
 */
import type { ApiRegistry } from '../../apis/room.ts';

const members = ['resource', 'audience'] as const;

/** The parameters, with the identifiers in place of other spellings. */
export function withApisByIdentifier<Parameters extends Record<string, unknown>>(
  parameters: Parameters,
  { canonical }: Pick<ApiRegistry, 'canonical'>,
): Parameters {
  const identifierOf = (value: unknown) => (typeof value === 'string' ? canonical(value) : value);
  const named = members.filter((name) => parameters[name] !== undefined);
  if (named.length === 0) return parameters;
  const changed = named.map((name) => {
    const value = parameters[name];
    return [name, Array.isArray(value) ? value.map(identifierOf) : identifierOf(value)];
  });
  return { ...parameters, ...Object.fromEntries(changed) };
}
