/**
 * What proxies say about a request: `Forwarded` (RFC 7239) and the older `X-Forwarded-*`. Owns parsing them
 * into hops. client_address.ts decides whom to trust.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Address, parseAddress } from './networks.ts';

/** What one proxy saw. The last hop of a list was written by the nearest proxy. */
export type Hop = {
  /** Undefined: hidden (`unknown`, `_name`), or not an address. */
  address: Address | undefined;
  protocol: string | undefined;
  host: string | undefined;
};

/** Undefined if there is no such header. A malformed header yields an empty list: none of it is trusted. */
export function readForwarded(headers: IncomingHttpHeaders): Hop[] | undefined {
  const header = headers.forwarded;
  if (header === undefined) return undefined;
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  const finishHop = () => {
    hops.push({
      address: parseNode(pairs.get('for')),
      protocol: pairs.get('proto')?.toLowerCase(),
      host: pairs.get('host'),
    });
    pairs = new Map();
  };
  // One `name=value`, where the value is a token or a quoted string, and what separates it from the next.
  const pair =
    /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]+))[ \t]*)?([;,]|$)/y;
  while (pair.lastIndex < header.length) {
    const match = pair.exec(header);
    if (!match) return [];
    const [, name, quoted, token, separator] = match;
    if (name) pairs.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
    if (separator === ',') finishHop();
  }
  finishHop();
  return hops;
}

/** Undefined if there are no such headers. Protocols and hosts are matched to addresses from the right. */
export function readXForwarded(headers: IncomingHttpHeaders): Hop[] | undefined {
  const addresses = listItems(headers['x-forwarded-for']);
  const protocols = listItems(headers['x-forwarded-proto']);
  const hosts = listItems(headers['x-forwarded-host']);
  const length = Math.max(addresses.length, protocols.length && 1, hosts.length && 1);
  if (length === 0) return undefined;
  // A proxy that overwrites instead of appending leaves fewer values: the leftmost one is the client's.
  const fromRight = (values: string[], index: number) => values.at(index - length) ?? values[0];
  return Array.from({ length }, (_, index) => ({
    address: parseNode(addresses.at(index - length)),
    protocol: fromRight(protocols, index)?.toLowerCase(),
    host: fromRight(hosts, index),
  }));
}

function listItems(header: string | string[] | undefined): string[] {
  return header === undefined
    ? []
    : String(header)
        .split(',')
        .map((value) => value.trim());
}

/** RFC 7239 section 6: an address with or without a port, IPv6 in brackets (bare in X-Forwarded-For). */
function parseNode(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  const bracketed = /^\[([^\]]*)\](?::\w+)?$/.exec(text);
  if (bracketed) return parseAddress(bracketed[1] ?? '');
  const withPort = /^([\d.]+):\w+$/.exec(text);
  return parseAddress(withPort?.[1] ?? text);
}
