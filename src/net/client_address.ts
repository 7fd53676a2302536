/**
 * Who is at the other end, and how the request presents itself to the inner layers. It owns which
 * forwarding headers are believed, and that no header a client sends can change the origin that URLs
 * are built from: host and protocol are always the issuer's.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createRecent } from '../caching/lru_cache.ts';
import { type Hop, readForwarded, readXForwarded } from './forwarded.ts';
import { addressText, createNetworkSet, parseAddress } from './networks.ts';

export type ClientAddress = {
  /** The client's address in its one spelling; that of the nearest untrusted hop. */
  ip: string;
  /** `ip` is a trusted proxy's, which does not say whose request it is, or says two things. */
  isHidden: boolean;
  /** Whether the connection itself comes from a trusted proxy. */
  viaTrustedProxy: boolean;
  /** What the outermost trusted proxy saw; for diagnosis, never for building URLs. */
  protocol: string | undefined;
  host: string | undefined;
};

export type AddressResolver = (
  remoteAddress: string | undefined,
  headers: IncomingHttpHeaders,
) => ClientAddress;

const keptAddresses = 1000;

/**
 * Walks the hops from the nearest proxy outwards, as long as each is trusted. Headers that come from
 * anybody else are not read at all.
 */
export function createAddressResolver(trustedProxies: readonly string[]): AddressResolver {
  const isTrusted = createNetworkSet(trustedProxies);

  const walk = (start: string, hops: Hop[]): Omit<ClientAddress, 'viaTrustedProxy'> => {
    let ip = start;
    // Without a hop the header was malformed.
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

  /** The other ends of connections, which send one request after the other. */
  const known = createRecent<Pick<ClientAddress, 'ip' | 'viaTrustedProxy'>>(keptAddresses);
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
    // A proxy that sets one header may pass the client's own other one through. Where they disagree
    // there is no telling which is the proxy's, so neither is believed.
    const isAgreed = claims.every((claim) => claim.ip === claims[0]?.ip);
    const told = isAgreed ? (claims[0] ?? direct) : { ...direct, isHidden: true };
    return { ...told, viaTrustedProxy: true };
  };
}

/** For allowlists: empty, which is in none, where the address is that of a proxy in place of its caller's. */
export function ownAddress({ ip, isHidden }: ClientAddress): string {
  return isHidden ? '' : ip;
}

/**
 * Rewrites the request so that any Koa application with `proxy: true` sees the client's address and
 * the issuer's origin, whatever `Host`, `Forwarded`, `X-Forwarded-*` or absolute request target
 * (RFC 9112 section 3.2.2) were sent.
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
