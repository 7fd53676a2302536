/**
 * Background load: clients' own tokens at a steady rate, each of them shown to every verifier when it is new and
 * some of them again later. None may be refused, except by a kill switch that was thrown meanwhile and is about
 * all tokens.
 */

import { createRequester } from '../../../harness/load.ts';
import { basic } from '../../support/flows.ts';
import type { Verifiers } from './children.ts';
import { loadClients, secret } from './configuration.ts';
import { monotonicMs } from './monotonic.ts';

export type BackgroundLoad = {
  /** A switch that ends all tokens issued so far: what was asked for before it is done may be dead. */
  duringGlobalSwitch<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<LoadReport>;
};

export type LoadReport = {
  tokens: number;
  /** A second. */
  rate: number;
  /** Requests without a token, by status (0: the connection broke). */
  unanswered: Record<string, number>;
  verifications: number;
  /** Refused, and rightly so: a switch had ended them. */
  ended: number;
  falseRefusals: Record<string, number>;
};

type Issued = { token: string; askedAt: number };

const connections = 32;
const tickMs = 10;
const verifyEveryMs = 50;
/** One of so many is shown again, so much later. */
const againEvery = 10;
const againAfterMs = 3000;

export function startBackgroundLoad({
  url,
  verifiers,
  perSecond,
}: {
  url: string;
  verifiers: Verifiers;
  perSecond: number;
}): BackgroundLoad {
  const requester = createRequester(url, connections);
  const authorizations = loadClients.map((id) => ({ authorization: basic(id, secret) }));
  const report: Omit<LoadReport, 'rate'> = {
    ...{ tokens: 0, unanswered: {}, verifications: 0, ended: 0, falseRefusals: {} },
  };
  const startedAt = monotonicMs();
  /** Intervals in which a global switch was being thrown. */
  const switches: { from: number; to: number }[] = [];
  const fresh: Issued[] = [];
  const later: (Issued & { at: number })[] = [];
  const running = new Set<Promise<void>>();
  let asked = 0;
  let lastVerified = startedAt;

  const ask = async () => {
    const askedAt = monotonicMs();
    const answer = await requester
      .post('/token', 'grant_type=client_credentials', authorizations[asked % loadClients.length])
      .catch(() => ({ status: 0, body: '' }));
    if (answer.status !== 200) return count(report.unanswered, String(answer.status));
    report.tokens += 1;
    const issued = { token: String(JSON.parse(answer.body).access_token), askedAt };
    fresh.push(issued);
    if (report.tokens % againEvery === 0) later.push({ ...issued, at: askedAt + againAfterMs });
  };

  const isEnded = ({ askedAt }: Issued) =>
    switches.some(({ from, to }) => askedAt < to && from < monotonicMs());

  const verify = async (batch: Issued[]) => {
    const verdicts = await verifiers.verify(batch.map(({ token }) => token));
    for (const [index, issued] of batch.entries()) {
      for (const verdict of verdicts[index] ?? []) {
        report.verifications += 1;
        if (verdict === null) continue;
        if (isEnded(issued)) report.ended += 1;
        else count(report.falseRefusals, verdict);
      }
    }
  };

  const track = (work: Promise<void>) => {
    running.add(work);
    work.finally(() => running.delete(work));
  };

  const verifyWaiting = () => {
    const now = monotonicMs();
    lastVerified = now;
    const due = later.findIndex(({ at }) => at > now);
    const batch = [...fresh.splice(0), ...later.splice(0, due < 0 ? later.length : due)];
    if (batch.length > 0) track(verify(batch));
  };

  const timer = setInterval(() => {
    const due = ((monotonicMs() - startedAt) * perSecond) / 1000;
    // What cannot be asked for now is left out: a slow server is not pressed for what it missed.
    for (; asked < due; asked += 1) if (running.size < 2 * connections) track(ask());
    if (monotonicMs() - lastVerified >= verifyEveryMs) verifyWaiting();
  }, tickMs);

  return {
    async duringGlobalSwitch(work) {
      const interval = { from: monotonicMs(), to: Number.POSITIVE_INFINITY };
      switches.push(interval);
      const result = await work();
      interval.to = monotonicMs();
      return result;
    },
    async stop() {
      clearInterval(timer);
      const seconds = (monotonicMs() - startedAt) / 1000;
      await Promise.all(running);
      verifyWaiting();
      await Promise.all(running);
      requester.close();
      return { ...report, rate: report.tokens / seconds };
    },
  };
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
