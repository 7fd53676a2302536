/**
 * Reads what a request presents: fetch's Request, Node's IncomingMessage (which Express and Fastify extend), or
 * a plain object. Tokens are read only from the Authorization header (RFC 6750 section 2.1, RFC 9449 section
 * 7.1), API keys from there (also with other schemes, where the API takes them) or from X-API-Key. It verifies nothing.
 */
import { readApiKey } from '../api_keys/key_format.ts';
import { Refusal } from '../errors.ts';
import type { Certificate, KeyScheme } from '../options.ts';
import type { Scheme } from './challenge.ts';

/** Headers in the shape of fetch or Node. */
export type HeaderBag =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request given by its parts, for callers with none of the known shapes. */
export type PlainRequest = {
  /** A token or an API key. Without it, `headers` are read. */
  token?: string;
  /** Default: DPoP if there is a proof. */
  scheme?: Scheme;
  /** The DPoP proof. Without it, `headers` are read. */
  proof?: string;
  method?: string;
  /** An absolute URL is taken as the one the client called. Otherwise `public_url` is put in front of it. */
  url?: string;
  headers?: HeaderBag;
  /** The client certificate of the TLS connection. */
  certificate?: Certificate;
};

/** A request in any of the known shapes. */
export type RequestLike = {
  headers: HeaderBag;
  method?: string | undefined;
  url?: string | undefined;
  /** Express: `url` before a router changed it. */
  originalUrl?: string;
};

export type Presented = {
  /** A token, or what may be an API key. */
  token: string;
  scheme: Scheme;
  place: 'authorization' | 'x-api-key';
  proof: string | undefined;
  method: string | undefined;
  /** Absolute only if the caller vouches for it, not if it was built from a Host header. */
  url: string | undefined;
  /** Called only for tokens that are bound to a certificate. */
  certificate(): unknown;
};

type UnknownMembers = Readonly<Record<string, unknown>>;

/**
 * Throws Refusal `missing_token`, `invalid_request`, `token_in_query` or `key_in_query`; the latter calls
 * `onLeakedKey`. X-API-Key is read only if API keys are accepted.
 */
export function readPresented(
  input: unknown,
  {
    keySchemes,
    onLeakedKey,
  }: {
    /** Undefined: no API keys are taken. */
    keySchemes: readonly KeyScheme[] | undefined;
    onLeakedKey: (key: string) => void;
  },
): Presented {
  if (typeof input === 'string') return bareToken(input);
  if (typeof input !== 'object' || input === null) throw new Refusal('invalid_request');
  const request = input as UnknownMembers;
  const isPlain = !isFetchOrNode(request);
  const url = textOf(request.originalUrl) ?? textOf(request.url);
  const path = isPlain ? url : withoutOrigin(url);
  const query = queryOf(path);
  const takesApiKeys = keySchemes !== undefined;
  const leaked = takesApiKeys ? keyIn(query) : undefined;
  if (leaked !== undefined) {
    onLeakedKey(leaked);
    throw new Refusal('key_in_query');
  }
  // RFC 6750 section 2.3 is not supported, and callers are told so: such a token is in logs already.
  if (query.has('access_token')) throw new Refusal('token_in_query');
  const proof = (isPlain && textOf(request.proof)) || headerOf(request.headers, 'dpop');
  const common = {
    place: 'authorization' as const,
    proof,
    method: textOf(request.method),
    url: path,
    certificate: () => (isPlain && request.certificate) || peerCertificate(request),
  };
  // Gateways send the header empty if they pass a token in place of the key.
  const apiKey = (takesApiKeys && headerOf(request.headers, 'x-api-key')?.trim()) || undefined;
  if (isPlain && request.token !== undefined) {
    if (typeof request.token !== 'string' || apiKey !== undefined) {
      throw new Refusal('invalid_request');
    }
    const scheme = request.scheme ?? (proof === undefined ? 'Bearer' : 'DPoP');
    if (scheme !== 'Bearer' && scheme !== 'DPoP') throw new Refusal('invalid_request');
    return { ...common, token: request.token, scheme };
  }
  const authorization = headerOf(request.headers, 'authorization');
  if (apiKey === undefined) return { ...common, ...readAuthorization(authorization, keySchemes) };
  // With both, it is not clear which one is meant (RFC 6750 section 2).
  if (authorization !== undefined) throw new Refusal('invalid_request');
  return { ...common, token: apiKey, scheme: 'Bearer', place: 'x-api-key' };
}

const noCertificate = () => undefined;

function bareToken(token: string): Presented {
  return {
    token,
    scheme: 'Bearer',
    place: 'authorization',
    proof: undefined,
    method: undefined,
    url: undefined,
    certificate: noCertificate,
  };
}

/** RFC 6750 section 2.1. The scheme is case-insensitive (RFC 9110 section 11.1). */
function readAuthorization(
  header: string | undefined,
  keySchemes: readonly KeyScheme[] = [],
): { token: string; scheme: Scheme } {
  if (header === undefined || header.trim() === '') throw new Refusal('missing_token');
  const space = header.indexOf(' ');
  const name = (space < 0 ? header : header.slice(0, space)).toLowerCase();
  const token = space < 0 ? '' : header.slice(space).trim();
  if (keySchemes.some((scheme) => scheme === name)) {
    const key = name === 'basic' ? userName(token) : token;
    // Whatever else comes with such a scheme is for somebody else.
    if (readApiKey(key)) return { token: key, scheme: 'Bearer' };
  }
  if (name !== 'bearer' && name !== 'dpop') throw new Refusal('missing_token');
  if (!/^[\w.~+/-]+=*$/.test(token)) throw new Refusal('invalid_request');
  return { token, scheme: name === 'dpop' ? 'DPoP' : 'Bearer' };
}

/** RFC 7617 section 2. The password counts for nothing. */
function userName(credentials: string): string {
  const [name = ''] = Buffer.from(credentials, 'base64').toString().split(':', 1);
  return name;
}

/** Their URL contains the Host header, or no host at all. */
function isFetchOrNode(request: UnknownMembers): boolean {
  const { headers } = request;
  if (typeof headers === 'object' && headers !== null && 'get' in headers && 'body' in request) {
    return true;
  }
  return 'httpVersion' in request || 'rawHeaders' in request || 'raw' in request;
}

function withoutOrigin(url: string | undefined): string | undefined {
  if (url === undefined || url.startsWith('/') || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

const noQuery = new URLSearchParams();

function queryOf(url: string | undefined): URLSearchParams {
  const query = url === undefined ? -1 : url.indexOf('?');
  if (url === undefined || query < 0) return noQuery;
  return new URLSearchParams(url.slice(query + 1).split('#', 1)[0]);
}

function keyIn(query: URLSearchParams): string | undefined {
  return [...query].flat().find((text) => readApiKey(text)?.isChecksumRight === true);
}

/** `name` in lower case. Repeated headers are refused. */
function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const bag = headers as UnknownMembers;
  if (typeof bag.get === 'function') return textOf(bag.get(name));
  const key = Object.hasOwn(bag, name)
    ? name
    : Object.keys(bag).find((each) => each.toLowerCase() === name);
  const value = key === undefined ? undefined : bag[key];
  if (Array.isArray(value) && value.length > 1) throw new Refusal('invalid_request');
  return textOf(Array.isArray(value) ? value[0] : value);
}

function peerCertificate(request: UnknownMembers): unknown {
  const { raw, socket = (raw as UnknownMembers | undefined)?.socket } = request;
  const { getPeerCertificate } = (socket ?? {}) as UnknownMembers;
  return typeof getPeerCertificate === 'function' ? getPeerCertificate.call(socket) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
