/**
 * What the soak's processes say to each other. Instants are of the machine's monotonic clock (monotonic.ts).
 */
import type { ErrorCode } from '../../../src/verifier/index.ts';

/** A refusal's code, or whatever else went wrong in words; null: accepted. */
export type Verdict = ErrorCode | string | null;

export type ToVerifier =
  | { id: number; verify: string[] }
  /** Look at these without pause, until `unwatch`. */
  | { id: number; watch: ToWatch }
  | { id: number; unwatch: true };

export type ToWatch = {
  mortals: string[];
  survivors: string[];
  /** The refusals that tell that a token is dead. */
  deadCodes: ErrorCode[];
};

export type Watched = {
  /** When each mortal was first refused as dead; null: never. */
  refusedAt: (number | null)[];
  /** How often one was accepted after that. */
  returned: number;
  /** Refusals of mortals that say nothing about revocation, by code. */
  odd: Record<string, number>;
  /** Refusals of survivors, by code. */
  falseRefusals: Record<string, number>;
};

export type FromVerifier =
  | { id: number; verdicts: Verdict[] }
  | { id: number; watching: true }
  | { id: number; watched: Watched }
  | { allRefused: true }
  | { event: string };

export type Switch =
  | { user: string }
  | { client: string }
  | { grant: { user: string; client: string } }
  | { api: string }
  | { key: string }
  /** Milliseconds since the epoch. */
  | { everything: true; before?: number };

export type ToOperator = { id: number; throw: Switch } | { id: number; rotate: true };

export type FromOperator = { id: number; answeredAt: number } | { id: number; error: string };
