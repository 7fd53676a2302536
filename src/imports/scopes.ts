/**
 * The scopes of imported clients: those that Cardea or a declared API defines, and the APIs that go with them.
 */
import { deviceGrant, personScopeNames } from '../definitions/oauth.ts';
import type { ImportScene } from './readers.ts';

/** Scopes about people only for clients that have people sign in: to others they mean nothing. */
export function scopesOf(
  wanted: readonly string[],
  { apis }: ImportScene,
  grantTypes: readonly string[],
): { members: { scope?: string; apis: string[] }; notes: string[] } {
  const hasPeople = grantTypes.some((type) => ['authorization_code', deviceGrant].includes(type));
  const ofPeople = personScopeNames([]);
  const own = hasPeople ? ofPeople : [];
  const ofApis = apis.filter(({ scopes }) => wanted.some((name) => Object.hasOwn(scopes, name)));
  const defined = new Set([...own, ...ofApis.flatMap(({ scopes }) => Object.keys(scopes))]);
  const known = [...new Set(wanted)].filter((name) => defined.has(name));
  const unknown = wanted.filter((name) => !defined.has(name) && !ofPeople.includes(name));
  return {
    members: {
      ...(known.length > 0 && { scope: known.join(' ') }),
      apis: ofApis.map(({ identifier }) => identifier),
    },
    notes: unknown.map((name) => `the scope ${name} of clients was left out: no API declares it`),
  };
}
