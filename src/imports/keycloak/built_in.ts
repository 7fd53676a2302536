/** Clients that every realm has, for Keycloak itself. */
export const builtInClients: ReadonlySet<string> = new Set([
  ...['account', 'account-console', 'admin-cli', 'broker', 'realm-management'],
  'security-admin-console',
]);
