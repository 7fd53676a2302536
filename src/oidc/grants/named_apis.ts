/**
 * The APIs that a request names (`resource`, RFC 8707; `audience`, RFC 8693), by their identifiers, however the request
 * spells them.
 */
import type { ApiRegistry } from '../../apis/room.ts';

const members = ['resource', 'audience'] as const;

/** The same parameters, with the identifiers in place of other spellings. */
export function withApisByIdentifier<Parameters extends Record<string, unknown>>(
  parameters: Parameters,
  { canonical }: Pick<ApiRegistry, 'canonical'>,
): Parameters {
  const identifierOf = (value: unknown) => (typeof value === 'string' ? canonical(value) : value);
  const changed = members
    .filter((name) => parameters[name] !== undefined)
    .map((name) => {
      const value = parameters[name];
      return [name, Array.isArray(value) ? value.map(identifierOf) : identifierOf(value)];
    });
  return { ...parameters, ...Object.fromEntries(changed) };
}
