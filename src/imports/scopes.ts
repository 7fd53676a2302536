/**
 * The scopes of imported clients: those that Cardea or a declared API defines, and the APIs that go with them.
 */
import { openIdScopes } from '../definitions/oauth.ts';
import type { ImportScene } from './readers.ts';

/** `asksPeople`: the client has people sign in, without which the scopes of OpenID Connect mean nothing. */
export function scopesOf(
  wanted: readonly string[],
  { apis }: ImportScene,
  asksPeople: boolean,
): { members: { scope?: string; apis: string[] }; notes: string[] } {
  const own = asksPeople ? openIdScopes : [];
  const ofApis = apis.filter(({ scopes }) => wanted.some((name) => Object.hasOwn(scopes, name)));
  const defined = new Set([...own, ...ofApis.flatMap(({ scopes }) => Object.keys(scopes))]);
  const known = [...new Set(wanted)].filter((name) => defined.has(name));
  const unknown = wanted.filter((name) => !defined.has(name) && !openIdScopes.includes(name));
  return {
    members: {
      ...(known.length > 0 && { scope: known.join(' ') }),
      apis: ofApis.map(({ identifier }) => identifier),
    },
    notes: unknown.map((name) => `the scope ${name} of clients was left out: no API declares it`),
  };
}
