/**
 * Grant types as log, audit trail and metrics may name them. A stranger's text in this place is told as
 * `other`: it could be anything, a secret that went into the wrong field included.
 */
const known = new Set([
  'authorization_code',
  'client_credentials',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]);

export function grantTypeName(grantType: string): string {
  return known.has(grantType) ? grantType : 'other';
}
