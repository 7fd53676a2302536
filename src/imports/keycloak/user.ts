/**
 * A user of Keycloak (UserRepresentation) as one of ours.
 */
import { z } from 'zod';
import { type ImportItem, present } from '../items.ts';
import { names, readRecord, text } from '../records.ts';
import { builtInClients } from './built_in.ts';
import { keycloakPassword } from './password.ts';

const userSchema = z.looseObject({
  id: text,
  username: z.string(),
  email: text,
  emailVerified: z.boolean().nullish(),
  enabled: z.boolean().nullish(),
  firstName: text,
  lastName: text,
  serviceAccountClientId: text,
  attributes: z.record(z.string(), z.array(z.string())).nullish(),
  credentials: z.array(z.looseObject({ type: z.string() })).nullish(),
  realmRoles: names,
  clientRoles: z.record(z.string(), z.array(z.string())).nullish(),
  groups: names,
});

type KeycloakUser = z.output<typeof userSchema>;

/** Attributes that have the name of a claim, or the one that Keycloak's own mappers read. */
const claimOfAttribute: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['middle_name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate'],
      ...['zoneinfo', 'locale', 'phone_number'],
    ].map((claim) => [claim, claim]),
  ),
  middleName: 'middle_name',
  phoneNumber: 'phone_number',
};

export function keycloakUser(data: unknown, where: string): ImportItem {
  const read = readRecord(userSchema, data);
  if ('problem' in read) return { kind: 'problem', where, problem: read.problem };
  const user = read.record;
  if (user.serviceAccountClientId) {
    return { kind: 'skipped', where, notes: ['service accounts are no users: skipped'] };
  }
  const password = keycloakPassword(user.credentials ?? []);
  if ('problem' in password) return { kind: 'problem', where, problem: password.problem };
  const { claims, notes } = claimsOf(user);
  return {
    kind: 'user',
    where,
    notes: [...password.notes, ...notes],
    user: {
      data: {
        ...present({
          ...{ subject: user.id, username: user.username, email: user.email },
          email_verified: user.email ? user.emailVerified : undefined,
          password_hash: password.hash,
        }),
        ...{ claims, roles: rolesOf(user) },
      },
      // With the full path, as its group mapper tells apps by default.
      groups: user.groups,
      disabled: user.enabled === false,
    },
  };
}

function claimsOf({ firstName, lastName, attributes }: KeycloakUser) {
  const known = Object.entries(attributes ?? {}).map(
    ([name, [value]]) => ({ name, claim: claimOfAttribute[name], value }) as const,
  );
  const claims = present({
    name: [firstName, lastName].filter(Boolean).join(' '),
    ...{ given_name: firstName, family_name: lastName },
    ...Object.fromEntries(known.flatMap(({ claim, value }) => (claim ? [[claim, value]] : []))),
  });
  const notes = known.flatMap(({ name, claim }) =>
    claim ? [] : [`the attribute ${name} of users was left out`],
  );
  return { claims, notes };
}

/** Those of clients with the client's name in front. Without the ones that every realm has. */
function rolesOf({ realmRoles, clientRoles }: KeycloakUser): string[] {
  const ofRealm = realmRoles.filter(
    (role) =>
      !['offline_access', 'uma_authorization'].includes(role) && !/^default-roles-/.test(role),
  );
  const ofClients = Object.entries(clientRoles ?? {})
    .filter(([client]) => !builtInClients.has(client))
    .flatMap(([client, roles]) => roles.map((role) => `${client}:${role}`));
  return [...ofRealm, ...ofClients];
}
