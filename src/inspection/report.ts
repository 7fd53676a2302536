/**
 * What an inspection says, before it is put into words: stable codes with values, in sections. The command line, the
 * pages and the script of the page all say it with the same texts (views/texts/inspector).
 */

/**
 * `bad` speaks against the credential, `caution` is odd or dangerous all the same, `unchecked` was not looked at and
 * might speak against it.
 */
export type Level = 'good' | 'bad' | 'caution' | 'unchecked' | 'fact';

export type Statement = {
  /** Names its text. Never changes its meaning. */
  code: string;
  level: Level;
  values: Record<string, string>;
  /** Which of several bad ones is the reason: the smallest. */
  rank: number;
};

export type SectionName =
  | 'pasted'
  | 'header'
  | 'claims'
  | 'signature'
  | 'time'
  | 'state'
  | 'expectations'
  | 'api';

/** A member of a header, a payload or a record. */
export type Member = {
  name: string;
  value: unknown;
  /** Names the text of what it is, if there is one. */
  words: string;
  /** Milliseconds since the epoch, where it is a time. */
  at?: number | undefined;
};

type Section = { name: SectionName; statements: Statement[]; members: Member[] };

export type Report = {
  /** Names its text: `access_token`, `id_token`, `api_key`, … */
  kind: string;
  /** `undecided`: nothing speaks against it, but not everything was checked. */
  verdict: 'accepted' | 'refused' | 'undecided';
  /** Why it is refused; of several reasons the one to mend first. */
  reason?: Statement | undefined;
  /** The API that was asked about, as people know it. */
  api?: string | undefined;
  sections: Section[];
  header?: Record<string, unknown> | undefined;
  /** The claims of a JWT, or what is on record. */
  claims?: Record<string, unknown> | undefined;
  /** When it was inspected, or the instant that was chosen instead; milliseconds since the epoch. */
  at: number;
};

export type Expectations = {
  issuer?: string | undefined;
  audience: string[];
  scopes: string[];
  claims: { name: string; value: string }[];
  /** The identifier of an API. */
  api?: string | undefined;
  /** Milliseconds since the epoch. */
  at?: number | undefined;
  /** Seconds. */
  tolerance: number;
};

/** A JWS or JWE in compact serialization, as far as it can be read. */
export type ReadToken = {
  form: 'jws' | 'jwe' | 'none';
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** What its signature is over, and the signature itself. */
  signingInput: string;
  signature: Uint8Array<ArrayBuffer>;
};

export type PublicKey = { kid?: unknown; kty?: unknown; alg?: unknown; [member: string]: unknown };
