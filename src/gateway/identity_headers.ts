/**
 * Tells the API behind a gateway who a request comes from, in a fixed set of headers. Every response that lets
 * a request pass has all of them, empty where there is nothing to say, so that a gateway that copies them
 * overwrites whatever the caller made up.
 */
import type { Identity } from '../api_keys/room.ts';

export const identityHeaders = [
  'Cardea-Subject',
  'Cardea-Client',
  'Cardea-Scopes',
  'Cardea-Api-Key-Id',
  'Cardea-Project',
  'Cardea-Tier',
  'Cardea-Environment',
] as const;

type IdentityHeader = Lowercase<(typeof identityHeaders)[number]>;

/**
 * Names in lower case. `authorization`: what the API receives in place of the caller's credential, which it never
 * sees.
 */
export function passHeaders(
  identity: Identity,
  authorization: string | undefined,
): Record<IdentityHeader | 'authorization' | 'x-api-key', string> {
  return {
    'cardea-subject': headerValue(identity.subject),
    'cardea-client': headerValue(identity.clientId),
    'cardea-scopes': identity.scopes.map(headerValue).join(' '),
    'cardea-api-key-id': headerValue(identity.apiKeyId),
    'cardea-project': headerValue(identity.projectId),
    'cardea-tier': headerValue(identity.tier),
    'cardea-environment': headerValue(identity.environment),
    authorization: authorization ?? '',
    'x-api-key': '',
  };
}

/** Visible ASCII characters stay; everything else, and `%`, is percent-encoded as UTF-8. */
function headerValue(text = ''): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, (part) => {
    const octets = [...Buffer.from(part)];
    return octets.map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}
