/**
 * The roles of the people who run Cardea, and the scopes of the admin API that each has. Not to be confused with the
 * `roles` of users, which are claims for apps.
 */

import { type AdminScope, adminScopeNames } from './admin_scopes.ts';

type RoleDefinition = {
  /** What the role is for, as a sentence. */
  text: string;
  scopes: readonly AdminScope[];
};

/** From the most to the least that one may do. */
const roles = {
  owner: {
    text: 'May do everything, and decides who else is an operator.',
    scopes: adminScopeNames,
  },
  administrator: {
    text: 'May do everything but change operators, and cannot change the account of an owner.',
    scopes: adminScopeNames.filter((scope) => scope !== 'operators:write'),
  },
  support: {
    text: 'Sees people, ends sessions and revokes. Sees no secrets and changes no clients.',
    scopes: [
      ...(['users:read', 'groups:read', 'sessions:read', 'sessions:write'] as const),
      ...(['revocations:write', 'clients:read', 'api_keys:read'] as const),
      ...(['refusals:read', 'usage:read', 'mails:read'] as const),
    ],
  },
  auditor: {
    text: 'Reads everything and changes nothing.',
    scopes: adminScopeNames.filter((scope) => scope.endsWith(':read')),
  },
  deployer: {
    text: 'Clients, APIs and API keys of the projects that it names, and nothing else.',
    scopes: [
      ...(['clients:read', 'clients:write', 'apis:read', 'apis:write'] as const),
      ...(['projects:read', 'api_keys:read', 'api_keys:write'] as const),
    ],
  },
} as const satisfies Record<string, RoleDefinition>;

export type OperatorRole = keyof typeof roles;

export const operatorRoles = Object.keys(roles) as OperatorRole[];

export function scopesOfRole(role: OperatorRole): readonly AdminScope[] {
  return roles[role].scopes;
}

export function textOfRole(role: OperatorRole): string {
  return roles[role].text;
}

/** Whether the role holds only within the projects that it is given for. */
export function isConfined(role: OperatorRole): boolean {
  return role === 'deployer';
}

/** How many people can be operators: they are kept in one document, which every process has in memory. */
export const mostOperators = 500;
/** The most projects that one deployer is named for. */
export const mostOperatorProjects = 100;
