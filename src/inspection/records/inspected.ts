/**
 * What every part of an inspection is given.
 */
import type { InspectedApi } from '../portable/api_checks.js';
import type { Expectations, Statement } from '../report.ts';

/** Who asks. Whoever holds a token could introspect it only as a client, so a stranger learns what its form says. */
export type Visitor = {
  /** Records and reasons: the command line, and operators with `sessions:read`. */
  seesRecords: boolean;
  /** Whether keys of other issuers are fetched, where the operator allows that. */
  fetchesKeys: boolean;
};

export type Inspected = {
  /** What was pasted, without all that stood around it. */
  value: string;
  pasted: Statement[];
  expectations: Expectations;
  visitor: Visitor;
  /** The API that the expectations name. */
  api: InspectedApi | undefined;
  /** Milliseconds since the epoch. */
  now: number;
};
