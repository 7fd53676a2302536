/**
 * The console's sections, in their order. One is shown where it has a page that the person may open: the table of pages
 * (pages.ts) decides, and nothing has to be listed twice.
 */
export const sections = [
  { id: 'home', label: 'Home', path: '/', group: undefined },
  { id: 'clients', label: 'Clients', path: '/clients', group: 'Access' },
  { id: 'apis', label: 'APIs', path: '/apis', group: 'Access' },
  { id: 'users', label: 'Users', path: '/users', group: 'Access' },
  { id: 'invitations', label: 'Invitations', path: '/invitations', group: 'Access' },
  { id: 'groups', label: 'Groups', path: '/groups', group: 'Access' },
  { id: 'projects', label: 'Projects', path: '/projects', group: 'Access' },
  { id: 'api_keys', label: 'API keys', path: '/api-keys', group: 'Access' },
  { id: 'tiers', label: 'Tiers', path: '/tiers', group: 'Access' },
  { id: 'signing_keys', label: 'Signing keys', path: '/signing-keys', group: 'Security' },
  { id: 'revoke', label: 'Revoke', path: '/revoke', group: 'Security' },
  { id: 'refusals', label: 'Refusals', path: '/refusals', group: 'Security' },
  { id: 'audit', label: 'Audit log', path: '/audit', group: 'Security' },
  { id: 'mails', label: 'Mails', path: '/mails', group: 'Security' },
  { id: 'preview', label: 'Token preview', path: '/token-preview', group: 'Tools' },
  { id: 'inspector', label: 'Inspector', path: '/inspect', group: 'Tools' },
  { id: 'which_credential', label: 'Which credential', path: '/which-credential', group: 'Tools' },
  {
    ...{ id: 'identity_providers', label: 'Identity providers', path: '/identity-providers' },
    group: 'Settings',
  },
  { id: 'webhooks', label: 'Webhooks', path: '/webhooks', group: 'Settings' },
  { id: 'operators', label: 'Operators', path: '/operators', group: 'Settings' },
  { id: 'look', label: 'Look', path: '/look', group: 'Settings' },
] as const;

export type Section = (typeof sections)[number];
export type SectionId = Section['id'];

/** Those that this server has nothing for: they are not in the navigation, and their pages are not there. */
export type AbsentSections = ReadonlySet<SectionId>;
