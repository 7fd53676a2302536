/**
 * The options of `createVerifier`. Durations are in seconds. parse_options.ts checks them.
 */
import type { VerifierEvent } from './reporter.ts';
import type { FetchFunction } from './requests/issuer_requests.ts';
import type { ResourceMetadataOptions } from './requests/resource_metadata.ts';
import type { SignInOptions } from './sign_ins.ts';

/** A client certificate: DER, PEM, or an object with the DER as `raw` (like those of Node's TLS sockets). */
export type Certificate = Uint8Array | string | { raw: Uint8Array };

export type DpopOptions = {
  /** Refuse tokens that are not bound to a key (default false). */
  required?: boolean;
  /** Asymmetric algorithms that proofs may use. */
  algorithms?: readonly string[];
  /** How long after its `iat` a proof is accepted: 1 to 300, default 60. */
  max_age?: number;
  /** Proofs remembered to detect replays: 100 to 10,000,000, default 100,000. */
  max_proofs?: number;
};

export type StatusListOptions = {
  /** Lists kept at the same time: 1 to 10,000, default 100. */
  max_lists?: number;
  /** Size limit of a decompressed list: 1,024 to 16,777,216, default 1,048,576. */
  max_bytes?: number;
  /** A list that no token has pointed at for this long is forgotten: 10 to 86,400, default 900. */
  idle?: number;
};

export type KeyScheme = 'basic' | 'apikey' | 'token';

export type ApiKeyOptions = {
  /** The client that is this API. Only it may ask Cardea about the API's keys. */
  client_id: string;
  client_secret: string;
  /** How old Cardea's last result for a key may be: 0 to 2, default 1. With 0, Cardea is asked for each use. */
  cache?: number;
  /** Only keys with this prefix are keys of this API. Default: any prefix. */
  prefix?: string;
  /**
   * How keys are taken in `Authorization` besides `Bearer`: as the user name of `basic`, or with the schemes `apikey` and
   * `token`. Default: none.
   */
  schemes?: readonly KeyScheme[];
  /** Refuse access tokens and accept only API keys (default false). */
  required?: boolean;
  /**
   * Also ask Cardea about access tokens that API keys are behind (default false): they then count as uses of
   * the key, and the key's current limits and networks apply.
   */
  ask_for_tokens?: boolean;
  /** Keys remembered at the same time: 100 to 1,000,000, default 10,000. */
  max_keys?: number;
};

/** `acr` and `max_age`: what every request needs; a call may name others instead. */
export type VerifierOptions = {
  /** Exactly as tokens name it; https, or http on a loopback address. */
  issuer: string;
  /** This API's identifier. If there are several, a token must name at least one. */
  audience: string | readonly string[];
  /** Scopes that every token must have; a call may name others instead. */
  scopes?: string | readonly string[];
  /**
   * Scopes that a 401 names besides those that the request needs, so that a client that asks for what is named gets all
   * that it will need with one consent.
   */
  challenge_scopes?: string | readonly string[];
  /**
   * Which environments are accepted: `live` (default), `test`, or `any`. Keys belong to one, and so do tokens
   * exchanged for a key; all other tokens are live.
   */
  environment?: 'live' | 'test' | 'any';
  /** How old the last known revocation state may be: 3 to 3600, default 10. */
  max_staleness?: number;
  /** What to do with tokens beyond that: refuse them with 503 (default), or accept them. */
  when_blind?: 'reject' | 'accept';
  /** Refuse tokens without a status claim (default true). */
  require_status?: boolean;
  /** Tolerated difference between this clock and the issuer's: 0 to 60, default 5. */
  clock_tolerance?: number;
  /** Narrows the algorithms that the issuer's metadata lists. */
  algorithms?: readonly string[];
  /** False: refuse tokens that are bound to a DPoP key. */
  dpop?: DpopOptions | false;
  /** Where clients reach this API, including any path that a proxy strips: needed for DPoP's `htu`. */
  public_url?: string | readonly string[];
  /** Returns the client certificate if a proxy terminates TLS; called with what `verify` was given. */
  client_certificate?: (request: unknown) => Certificate | undefined;
  /**
   * Returns the IP address that uses the credential; called with what `verify` was given. Without it, API keys
   * with an allowlist are refused, and tokens exchanged for such keys are accepted from anywhere.
   */
  client_address?: (request: unknown) => string | undefined;
  /** Describes this API as in RFC 9728; challenges then point to the description. */
  resource_metadata?: ResourceMetadataOptions;
  /** The realm in challenges. Default: the first audience. */
  realm?: string;
  status_lists?: StatusListOptions;
  /** Accept API keys too. Without it, they are refused like any malformed token. */
  api_keys?: ApiKeyOptions | undefined;
  /** Timeout of each request to the issuer: 0.5 to 30, default 3. */
  timeout?: number;
  fetch?: FetchFunction;
  on_event?: (event: VerifierEvent) => void;
  /** Milliseconds since the epoch; for tests. */
  clock?: { now(): number };
} & SignInOptions;

/** `ApiKeyOptions` after checking. */
export type ApiKeySettings = {
  endpoint: string;
  clientId: string;
  clientSecret: string;
  cacheMs: number;
  prefix: string | undefined;
  schemes: readonly KeyScheme[];
  required: boolean;
  asksForTokens: boolean;
  maxKeys: number;
  timeoutMs: number;
};

/** `VerifierOptions` after checking, with all defaults. Durations whose names end in Ms are milliseconds. */
export type VerifierSettings = {
  issuer: string;
  audience: string[];
  scopes: readonly string[];
  challengeScopes: readonly string[];
  signIn: SignInOptions;
  environment: 'live' | 'test' | 'any';
  maxStalenessMs: number;
  acceptsBlind: boolean;
  requireStatus: boolean;
  clockTolerance: number;
  algorithms: readonly string[];
  /** Undefined: DPoP is not offered. */
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
