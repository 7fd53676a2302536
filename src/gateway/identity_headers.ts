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

type IdentityHeader = (typeof identityHeaders)[number];

/** `authorization`: what the API receives in place of the caller's credential, which it never sees. */
export function passHeaders(
  identity: Identity,
  authorization: string | undefined,
): Record<IdentityHeader | 'Authorization' | 'X-API-Key', string> {
  return {
    'Cardea-Subject': headerValue(identity.subject),
    'Cardea-Client': headerValue(identity.clientId),
    'Cardea-Scopes': identity.scopes.map(headerValue).join(' '),
    'Cardea-Api-Key-Id': headerValue(identity.apiKeyId),
    'Cardea-Project': headerValue(identity.projectId),
    'Cardea-Tier': headerValue(identity.tier),
    'Cardea-Environment': headerValue(identity.environment),
    Authorization: authorization ?? '',
    'X-API-Key': '',
  };
}

/** Visible ASCII characters stay; everything else, and `%`, is percent-encoded as UTF-8. */
function headerValue(text = ''): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, (part) => {
    const octets = [...Buffer.from(part)];
    return octets.map((octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  });
}
