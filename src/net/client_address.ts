/**
 * Who sent a request, and how it looks to the inner layers. It owns which forwarding headers are trusted, and that
 * no header from a client can change the origin that URLs are built from: host and protocol are always the issuer's.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createLruCache } from '../caching/lru_cache.ts';
import { type Hop, readForwarded, readXForwarded } from './forwarded.ts';
import { addressText, createNetworkSet, parseAddress } from './networks.ts';

export type ClientAddress = {
  /** The client's address in normal form: that of the nearest untrusted hop. */
  ip: string;
  /** `ip` is that of a trusted proxy, which does not say whose request it is, or contradicts itself. */
  isHidden: boolean;
  /** Whether the connection itself comes from a trusted proxy. */
  viaTrustedProxy: boolean;
  /** What the outermost trusted proxy saw. For diagnosis, never for building URLs. */
  protocol: string | undefined;
  host: string | undefined;
};

export type AddressResolver = (
  remoteAddress: string | undefined,
  headers: IncomingHttpHeaders,
) => ClientAddress;

const mostCachedAddresses = 1000;

/**
 * Walks the hops from the nearest proxy outwards while each is trusted. Headers from anyone else are not read
 * at all.
 */
export function createAddressResolver(trustedProxies: readonly string[]): AddressResolver {
  const isTrusted = createNetworkSet(trustedProxies);

  const walk = (start: string, hops: Hop[]): Omit<ClientAddress, 'viaTrustedProxy'> => {
    let ip = start;
    // No hops: the header was malformed.
    let isHidden = hops.length === 0;
    let outermost: Hop | undefined;
    for (const hop of hops.toReversed()) {
      outermost = hop;
      isHidden = !hop.address;
      if (!hop.address) break;
      ip = addressText(hop.address);
      if (!isTrusted(hop.address)) break;
    }
    return { ip, isHidden, protocol: outermost?.protocol, host: outermost?.host };
  };

  /** Remote addresses of connections, which send many requests each. */
  const known = createLruCache<Pick<ClientAddress, 'ip' | 'viaTrustedProxy'>>(mostCachedAddresses);
  const read = (remoteAddress: string) => {
    const remote = parseAddress(remoteAddress);
    const ip = remote ? addressText(remote) : '';
    const entry = { ip, viaTrustedProxy: remote !== undefined && isTrusted(remote) };
    known.set(remoteAddress, entry);
    return entry;
  };
  return (remoteAddress = '', headers) => {
    const { ip, viaTrustedProxy } = known.get(remoteAddress) ?? read(remoteAddress);
    const direct = { ip, isHidden: false, protocol: undefined, host: undefined };
    if (!viaTrustedProxy) return { ...direct, viaTrustedProxy };

    const claims = [readForwarded(headers), readXForwarded(headers)]
      .filter((hops) => hops !== undefined)
      .map((hops) => walk(direct.ip, hops));
    // A proxy that sets one header may pass the client's own other one through. If they disagree, there is no
    // telling which one is the proxy's, so neither is trusted.
    const isAgreed = claims.every((claim) => claim.ip === claims[0]?.ip);
    const agreed = isAgreed ? (claims[0] ?? direct) : { ...direct, isHidden: true };
    return { ...agreed, viaTrustedProxy: true };
  };
}

/** For allowlists: empty, which no list contains, if the address is that of a proxy instead of the caller. */
export function ownAddress({ ip, isHidden }: ClientAddress): string {
  return isHidden ? '' : ip;
}

/**
 * Rewrites the request so that any Koa application with `proxy: true` sees the client's address and the
 * issuer's origin, whatever `Host`, `Forwarded`, `X-Forwarded-*` or absolute request target (RFC 9112 section
 * 3.2.2) was sent.
 */
export function presentAsIssuer(req: IncomingMessage, ip: string, issuer: URL): void {
  const { headers } = req;
  delete headers.forwarded;
  headers.host = issuer.host;
  headers['x-forwarded-host'] = issuer.host;
  headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  headers['x-forwarded-for'] = ip;
  const absolute = /^https?:\/\/[^/?#]*/i.exec(req.url ?? '');
  if (absolute) {
    const target = (req.url ?? '').slice(absolute[0].length);
    req.url = target.startsWith('/') ? target : `/${target}`;
  }
}
