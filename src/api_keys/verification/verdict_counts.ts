/**
 * How often each verdict was reached in this process. Verification only increments a number; metrics read them
 * all from time to time.
 */
import { type KeyVerdict, type RefusalReason, refusalReasons } from '../model/verdict.ts';

/** The name of a verdict in logs and metrics. */
export type VerdictName = 'valid' | RefusalReason;

export type VerdictCounts = {
  count(verdict: KeyVerdict, times: number): void;
  /** Since the process started; includes names that have not occurred yet. */
  read(): Readonly<Record<VerdictName, number>>;
};

export function createVerdictCounts(): VerdictCounts {
  const names: VerdictName[] = ['valid', ...refusalReasons];
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<VerdictName, number>;
  return {
    count(verdict, times) {
      counts[nameOfVerdict(verdict)] += times;
    },
    read: () => counts,
  };
}

export function nameOfVerdict(verdict: KeyVerdict): VerdictName {
  return verdict.valid ? 'valid' : verdict.reason;
}
