/**
 * How often each verdict was reached in this process. It owns nothing but the numbers: a verification adds to one of
 * them and does no more for it; whoever measures reads them all from time to time.
 */
import { type KeyVerdict, type RefusalReason, refusalReasons } from '../model/verdict.ts';

/** What a verdict is called in logs and measurements. */
export type VerdictName = 'valid' | RefusalReason;

export type VerdictCounts = {
  count(verdict: KeyVerdict, times: number): void;
  /** Since the process started, all names, also those that are not counted yet. */
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
