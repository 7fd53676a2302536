/** What `createVerifier` takes. Durations are seconds. parse_options.ts checks it. */
import type { VerifierEvent } from './report.ts';
import type { FetchFunction } from './requests/issuer_requests.ts';
import type { ResourceMetadataOptions } from './requests/resource_metadata.ts';

/** A client certificate: DER, PEM, or an object with the DER as `raw` (as Node's TLS sockets give it). */
export type Certificate = Uint8Array | string | { raw: Uint8Array };

export type DpopOptions = {
  /** Refuse tokens that are bound to no key at all (default false). */
  required?: boolean;
  /** Asymmetric algorithms that a proof may use. */
  algorithms?: readonly string[];
  /** A proof is good for so long after its `iat`: 1 to 300, default 60. */
  max_age?: number;
  /** Proofs that are remembered against replay: 100 to 10,000,000, default 100,000. */
  max_proofs?: number;
};

export type StatusListOptions = {
  /** Lists that are kept at a time: 1 to 10,000, default 100. */
  max_lists?: number;
  /** Size of one list when decompressed: 1,024 to 16,777,216, default 1,048,576. */
  max_bytes?: number;
  /** A list that no token pointed at for so long is forgotten: 10 to 86,400, default 900. */
  idle?: number;
};

export type ApiKeyOptions = {
  /** The client that is this API; it alone may ask Cardea about the API's keys. */
  client_id: string;
  client_secret: string;
  /** How old Cardea's last word on a key may be: 0 to 2, default 1. 0: Cardea is asked for each use. */
  cache?: number;
  /** Only such keys are keys of this API; default: those of any prefix are asked about. */
  prefix?: string;
  /** Refuse access tokens: keys only (default false). */
  required?: boolean;
  /**
   * Ask Cardea also about access tokens that come of an API key (default false): they count as uses of the key, and
   * its limits and networks hold as Cardea has them now.
   */
  ask_for_tokens?: boolean;
  /** Keys that are remembered at a time: 100 to 1,000,000, default 10,000. */
  max_keys?: number;
};

export type VerifierOptions = {
  /** Exactly as tokens carry it; https, or http on a loopback address. */
  issuer: string;
  /** This API's identifier; of several, a token must name at least one. */
  audience: string | readonly string[];
  /** Scopes that each token must have; a call may name others instead. */
  scopes?: string | readonly string[];
  /**
   * What is taken: `live` (default), `test`, or `any`. It is the key's, also of a token that a key was exchanged
   * for; all other tokens are live.
   */
  environment?: 'live' | 'test' | 'any';
  /** How old the last known state of revocations may get: 3 to 3600, default 10. */
  max_staleness?: number;
  /** What to do with tokens then: refuse them with 503 (default), or accept them. */
  when_blind?: 'reject' | 'accept';
  /** Refuse tokens that carry no status claim (default true). */
  require_status?: boolean;
  /** Difference between this clock and the issuer's that is put up with: 0 to 60, default 5. */
  clock_tolerance?: number;
  /** Narrows the algorithms that the issuer's metadata names. */
  algorithms?: readonly string[];
  /** False: tokens that are bound to a DPoP key are refused. */
  dpop?: DpopOptions | false;
  /** Where clients reach this API, with the path that a proxy strips if it does: for DPoP's `htu`. */
  public_url?: string | readonly string[];
  /** The client certificate where a proxy ends TLS; called with what `verify` was given. */
  client_certificate?: (request: unknown) => Certificate | undefined;
  /**
   * The IP address of who uses the credential; called with what `verify` was given. Without it, API keys that may be
   * used from some addresses only are refused; what such a key was exchanged for is taken from anywhere.
   */
  client_address?: (request: unknown) => string | undefined;
  /** Describes this API by RFC 9728; challenges then point at the description. */
  resource_metadata?: ResourceMetadataOptions;
  /** In challenges; default: the first audience. */
  realm?: string;
  status_lists?: StatusListOptions;
  /** Accept API keys, too; without it they are refused like any other malformed token. */
  api_keys?: ApiKeyOptions | undefined;
  /** For each request to the issuer: 0.5 to 30, default 3. */
  timeout?: number;
  fetch?: FetchFunction;
  on_event?: (event: VerifierEvent) => void;
  /** Milliseconds since the epoch; for tests. */
  clock?: { now(): number };
};

/** `ApiKeyOptions`, checked. */
export type ApiKeySettings = {
  endpoint: string;
  clientId: string;
  clientSecret: string;
  cacheMs: number;
  prefix: string | undefined;
  required: boolean;
  asksForTokens: boolean;
  maxKeys: number;
  timeoutMs: number;
};

/** The same, checked, with all defaults. Durations whose names end in Ms are milliseconds. */
export type Settings = {
  issuer: string;
  audience: string[];
  scopes: readonly string[];
  environment: 'live' | 'test' | 'any';
  maxStalenessMs: number;
  acceptsBlind: boolean;
  requireStatus: boolean;
  clockTolerance: number;
  algorithms: readonly string[];
  /** Undefined: not offered. */
  dpop: Required<DpopOptions> | undefined;
  publicUrls: readonly string[];
  clientCertificate: ((request: unknown) => Certificate | undefined) | undefined;
  clientAddress: ((request: unknown) => string | undefined) | undefined;
  resourceMetadata: ResourceMetadataOptions | undefined;
  realm: string;
  maxLists: number;
  maxListBytes: number;
  idleMs: number;
  apiKeys: ApiKeySettings | undefined;
  timeoutMs: number;
  fetch: FetchFunction;
  onEvent: ((event: VerifierEvent) => void) | undefined;
  clock: { now(): number };
};
