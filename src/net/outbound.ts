/**
 * Requests to URLs that others chose (a client's jwks_uri, back-channel logout, webhooks). Owns where they
 * may go: it checks the address of the actual connection, so neither a name that resolves to a private
 * address nor one that changes between check and use (DNS rebinding) gets through.
 */
import { X509Certificate } from 'node:crypto';
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Headers, RequestInit, Response } from 'undici';
import { serverLimits } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import type { Log } from '../telemetry/log.ts';
import type { Spans, TraceHeaders } from '../telemetry/tracing/spans.ts';
import { type Address, createNetworkSet, parseAddress } from './networks.ts';
import { isPublicAddress } from './public_addresses.ts';

export type OutboundOptions = {
  /** Networks (CIDR) that may be called although they are not public, also over plain http. */
  allow: readonly string[];
  /** A PEM file with certificates to trust in addition to the system's. */
  ca?: string | null | undefined;
  log: Pick<Log, 'warn'>;
  /** Shows each request in a trace, and sends that on. */
  spans?: Pick<Spans, 'call'> | undefined;
  /** Milliseconds for everything, from name resolution to the last byte. By default as definitions/limits.ts says. */
  timeLimit?: number | undefined;
  /** How names are resolved. The system's way by default. */
  lookup?: LookupFunction | undefined;
};

type Undici = typeof import('undici');
type HttpClient = { undici: Undici; agent: InstanceType<Undici['Agent']> };

/**
 * Returns a `fetch` with these limits, which rejects with a TypeError if a request is refused or fails.
 * Throws CardeaError `outbound_ca_unusable` if the CA file contains no certificate.
 */
export function createOutboundFetch({
  allow,
  ca,
  log,
  spans,
  timeLimit = serverLimits.outboundMs,
  lookup = dnsLookup,
}: OutboundOptions): typeof fetch {
  const isAllowed = createNetworkSet(allow);
  const mayConnect = (address: Address | undefined, protocol: string) =>
    address !== undefined &&
    (isAllowed(address) || (protocol === 'https:' && isPublicAddress(address)));

  const trusted = trustedCertificates(ca);
  let client: Promise<HttpClient> | undefined;

  /** Loaded on first use: most servers make no outbound requests, and the client is large. */
  const load = async () => {
    const undici = await import('undici');
    const connectors = Object.fromEntries(
      ['http:', 'https:'].map((protocol) => [
        protocol,
        undici.buildConnector({
          timeout: timeLimit,
          ...(trusted && { ca: trusted }),
          lookup: guardedLookup(lookup, (address) => mayConnect(parseAddress(address), protocol)),
        }),
      ]),
    );
    const agent = new undici.Agent({
      connect(options, callback) {
        const connect = connectors[options.protocol];
        // An address in the URL itself is not looked up, so it is checked here.
        const host = options.hostname.replace(/^\[|\]$/g, '');
        if (!connect || (isIP(host) && !mayConnect(parseAddress(host), options.protocol))) {
          return callback(outboundRefused(options.hostname), null);
        }
        connect(options, callback);
      },
      headersTimeout: timeLimit,
      bodyTimeout: timeLimit,
      keepAliveTimeout: 4000,
    });
    return { undici, agent };
  };

  const fetchOutbound = async (
    input: string | URL,
    init: RequestInit = {},
    traceHeaders?: TraceHeaders,
  ) => {
    const limit = AbortSignal.timeout(timeLimit);
    try {
      client ??= load();
      const { undici, agent } = await client;
      const response = await undici.fetch(input, {
        ...init,
        ...(traceHeaders && {
          headers: withHeaders(new undici.Headers(init.headers), traceHeaders),
        }),
        // Always ours: the protocol engine brings a dispatcher of its own, without `allow`.
        dispatcher: agent,
        // A redirect would lead to an address that nobody registered. The caller sees its status.
        redirect: 'manual',
        signal: init.signal ? AbortSignal.any([init.signal, limit]) : limit,
      });
      return limitedBody(response, undici.Response);
    } catch (error) {
      log.warn({ err: error, host: hostForLog(input) }, 'outbound request failed');
      throw error;
    }
  };
  const fetchTraced = spans && traced(fetchOutbound, spans);
  const fetchWithLimits = (input: string | URL, init?: RequestInit) =>
    fetchTraced ? fetchTraced(input, init) : fetchOutbound(input, init);
  // undici's own types and the platform's describe the same objects.
  return fetchWithLimits as unknown as typeof fetch;
}

type FetchOutbound = (
  input: string | URL,
  init?: RequestInit,
  traceHeaders?: TraceHeaders,
) => Promise<Response>;

/** The same in a span, which names the host and nothing else of the URL. */
function traced(fetchOutbound: FetchOutbound, { call }: Pick<Spans, 'call'>): FetchOutbound {
  return (input, init) => {
    const method = init?.method ?? 'GET';
    const url = URL.parse(String(input));
    const attributes = {
      'http.request.method': method,
      'server.address': url?.hostname,
      'server.port': url ? Number(url.port) || (url.protocol === 'https:' ? 443 : 80) : undefined,
    };
    return call(method, attributes, async (traceHeaders, note) => {
      const response = await fetchOutbound(input, init, traceHeaders);
      note({ 'http.response.status_code': response.status });
      return response;
    });
  };
}

function withHeaders(headers: Headers, added: Readonly<Record<string, string>>): Headers {
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return headers;
}

/** Returns only addresses that pass, so the connection can use no other. */
function guardedLookup(
  lookup: LookupFunction,
  passes: (address: string) => boolean,
): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const addresses = (found as LookupAddress[]).filter(({ address }) => passes(address));
      const [first] = addresses;
      if (!first) return callback(outboundRefused(hostname), []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function outboundRefused(host: string): NodeJS.ErrnoException {
  const error = new Error(
    `${host} is not a public https address, and outbound.allow does not name it`,
  );
  return Object.assign(error, { code: 'OUTBOUND_REFUSED' });
}

function limitedBody(response: Response, Answer: Undici['Response']): Response {
  if (!response.body) return response;
  let received = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      received += chunk.byteLength;
      if (received > serverLimits.outboundBody)
        controller.error(new TypeError('the response is too large'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Answer(response.body.pipeThrough(counter), { status, statusText, headers });
}

/**
 * The certificates to trust, PEM: the system's and those of the file (`outbound.ca`). Undefined without a file: the
 * system's. Throws CardeaError `outbound_ca_unusable`.
 */
export function trustedCertificates(ca: string | null | undefined): string[] | undefined {
  return ca ? [...getCACertificates('default'), readCertificates(ca)] : undefined;
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new CardeaError({
      code: 'outbound_ca_unusable',
      status: 500,
      message: `outbound.ca: ${file} is not a readable PEM file with certificates.`,
      cause,
    });
  }
}

function hostForLog(input: string | URL): string {
  return URL.canParse(String(input)) ? new URL(input).host : 'invalid';
}
