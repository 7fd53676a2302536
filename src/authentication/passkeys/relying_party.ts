/**
 * Who browsers make passkeys for (WebAuthn section 4, "Relying Party"): the domain that they belong to, and the one
 * origin that may have them used.
 */
import { isIP } from 'node:net';

export type RelyingParty = {
  /** The domain. A passkey is bound to it for good. */
  id: string;
  /** The issuer's: no other page is believed, whichever pages browsers let use the domain's passkeys. */
  origin: string;
  /** As authenticators show it. */
  name: string;
  /** Whether browsers make passkeys for this issuer at all: not without TLS, and not for a bare address. */
  isPossible: boolean;
};

/** `id`: another domain than the issuer's. */
export function relyingPartyOf(issuer: string, id: string | undefined): RelyingParty {
  const { origin, protocol, hostname, host } = new URL(issuer);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return {
    ...{ id: id ?? hostname, origin, name: host },
    isPossible: !isAddress && (protocol === 'https:' || isLocal),
  };
}
