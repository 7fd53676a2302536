/**
 * One kill switch, thrown again and again: how long until the last verifier refuses, and whether any token was
 * refused that must live.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../../../src/verifier/index.ts';
import type { BackgroundLoad } from './background_load.ts';
import type { Verifiers } from './children.ts';
import type { Verdict, Watched } from './messages.ts';
import type { KillSwitch, Round } from './switches.ts';

export type SwitchReport = {
  name: string;
  /** Of each round, milliseconds from the answer to the last verifier's refusal; Infinity: never. */
  latencies: number[];
  falseRefusals: Record<string, number>;
  /** Dead tokens that were accepted again. */
  returned: number;
  /** Refusals of dead tokens for another reason than that they are dead. */
  odd: Record<string, number>;
};

/** What tells that a token is dead, where it is more than its bit. */
const deadCodes: Record<string, ErrorCode[]> = { 'signing key': ['revoked', 'unknown_key'] };
/** A token that is not refused by then never will be. */
const patienceMs = 15_000;
/** The refused must stay refused, and the others accepted. */
const settleMs = 250;

export async function runRounds({
  killSwitch,
  rounds,
  nodeUrl,
  verifiers,
  load,
  afterAnswer,
  afterRound,
}: {
  killSwitch: KillSwitch;
  rounds: number;
  /** The node that is asked in this round. */
  nodeUrl: (index: number) => string;
  verifiers: Verifiers;
  load: BackgroundLoad;
  /** Right after the answer. */
  afterAnswer: (index: number) => Promise<void>;
  afterRound: (index: number) => Promise<void>;
}): Promise<SwitchReport> {
  const report: SwitchReport = {
    ...{ name: killSwitch.name, latencies: [], falseRefusals: {}, returned: 0, odd: {} },
  };
  const mustAccept = async (tokens: string[]) => {
    for (const verdict of (await verifiers.verify(tokens)).flat()) note(report, verdict);
  };
  const throwIt = async (round: Round, index: number) => {
    const answeredAt = await round.throwIt();
    await afterAnswer(index);
    return answeredAt;
  };

  for (let index = 0; index < rounds; index += 1) {
    const round = await killSwitch.round(index, nodeUrl(index));
    await mustAccept([...round.mortals, ...round.survivors]);
    await verifiers.watch({ ...round, deadCodes: deadCodes[killSwitch.name] ?? ['revoked'] });
    const answeredAt = killSwitch.isGlobal
      ? await load.duringGlobalSwitch(() => throwIt(round, index))
      : await throwIt(round, index);
    const newborn = await round.newborn?.();
    if (newborn) await mustAccept([newborn]);
    await verifiers.allRefused(patienceMs);
    await sleep(settleMs);
    const watched = await verifiers.unwatch();
    if (newborn) await mustAccept([newborn]);
    add(report, watched, answeredAt);
    await afterRound(index);
    await sleep(killSwitch.restMs ?? 0);
  }
  return report;
}

function add(report: SwitchReport, watched: Watched[], answeredAt: number): void {
  const instants = watched.flatMap(({ refusedAt }) => refusedAt);
  const last = Math.max(...instants.map((instant) => instant ?? Number.POSITIVE_INFINITY));
  report.latencies.push(Math.max(0, last - answeredAt));
  for (const { returned, odd, falseRefusals } of watched) {
    report.returned += returned;
    for (const [code, times] of Object.entries(odd)) add1(report.odd, code, times);
    for (const [code, times] of Object.entries(falseRefusals)) {
      add1(report.falseRefusals, code, times);
    }
  }
}

function note(report: SwitchReport, verdict: Verdict): void {
  if (verdict !== null) add1(report.falseRefusals, verdict, 1);
}

function add1(counts: Record<string, number>, name: string, times: number): void {
  counts[name] = (counts[name] ?? 0) + times;
}
