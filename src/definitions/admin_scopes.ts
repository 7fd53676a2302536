/**
 * The API of Cardea's own that administers it, and its scopes with what each allows, as consent and documentation show
 * them.
 */

/** The audience of its tokens. */
export const adminApi = 'urn:cardea:admin';

/** Whether a text names it, in either spelling that identifiers of APIs have. */
export function isAdminApi(identifier: unknown): boolean {
  return typeof identifier === 'string' && identifier.replace(/\/$/, '') === adminApi;
}

export const adminScopes = {
  'clients:read': { en: 'See clients', de: 'Clients sehen' },
  'clients:write': { en: 'Create and change clients', de: 'Clients anlegen und ändern' },
  'apis:read': { en: 'See APIs', de: 'APIs sehen' },
  'apis:write': { en: 'Create and change APIs', de: 'APIs anlegen und ändern' },
  'users:read': { en: 'See users', de: 'Benutzer sehen' },
  'users:write': { en: 'Create and change users', de: 'Benutzer anlegen und ändern' },
  'groups:read': { en: 'See groups', de: 'Gruppen sehen' },
  'groups:write': { en: 'Create and change groups', de: 'Gruppen anlegen und ändern' },
  'projects:read': { en: 'See projects', de: 'Projekte sehen' },
  'projects:write': { en: 'Create and change projects', de: 'Projekte anlegen und ändern' },
  'api_keys:read': { en: 'See API keys', de: 'API-Schlüssel sehen' },
  'api_keys:write': { en: 'Create and change API keys', de: 'API-Schlüssel anlegen und ändern' },
  'sessions:read': { en: 'See sessions and grants', de: 'Sitzungen und Freigaben sehen' },
  'sessions:write': { en: 'End sessions and grants', de: 'Sitzungen und Freigaben beenden' },
  'keys:read': { en: 'See signing keys', de: 'Signaturschlüssel sehen' },
  'keys:write': {
    en: 'Rotate and revoke signing keys',
    de: 'Signaturschlüssel rotieren und widerrufen',
  },
  'revocations:write': { en: 'Revoke what was issued', de: 'Ausgestelltes widerrufen' },
  'refusals:read': { en: 'See why requests were refused', de: 'Gründe abgelehnter Anfragen sehen' },
  'audit:read': { en: 'Read the audit trail', de: 'Das Prüfprotokoll lesen' },
  'usage:read': { en: 'See usage and statistics', de: 'Nutzung und Statistik sehen' },
  'webhooks:read': { en: 'See webhooks', de: 'Webhooks sehen' },
  'webhooks:write': { en: 'Create and change webhooks', de: 'Webhooks anlegen und ändern' },
  'mails:read': { en: 'See mails and what became of them', de: 'Mails und ihren Verbleib sehen' },
  'operators:read': { en: 'See operators and their roles', de: 'Betreiber und ihre Rollen sehen' },
  'operators:write': {
    en: 'Change operators and their roles',
    de: 'Betreiber und ihre Rollen ändern',
  },
  'settings:read': { en: 'See settings', de: 'Einstellungen sehen' },
  'settings:write': { en: 'Change settings', de: 'Einstellungen ändern' },
} as const;

export type AdminScope = keyof typeof adminScopes;

export const adminScopeNames = Object.keys(adminScopes) as AdminScope[];

export function isAdminScope(scope: string): scope is AdminScope {
  return Object.hasOwn(adminScopes, scope);
}
