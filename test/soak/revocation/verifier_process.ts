/**
 * A resource server's verifier as a process of its own: `@cardea/verifier` and nothing else. Says of tokens
 * whether it accepts them, and notes the instant from which it does not.
 *
 *   node verifier_process.ts <issuer>
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createVerifier, VerifierError } from '../../../src/verifier/index.ts';
import { audiences } from './configuration.ts';
import type { FromVerifier, ToVerifier, ToWatch, Verdict, Watched } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

const lookEveryMs = 4;

const [, , issuer = ''] = process.argv;
const verifier = createVerifier({
  issuer,
  audience: audiences,
  on_event: (event) => {
    if (event.type !== 'list_followed' && event.type !== 'keys_changed') {
      say({ event: [event.type, 'reason' in event ? event.reason : ''].join(' ').trim() });
    }
  },
});

let watch: { ended: boolean; watched: Watched } | undefined;

process.on('disconnect', () => process.exit());
process.on('message', async (message: ToVerifier) => {
  const { id } = message;
  if ('verify' in message) {
    say({ id, verdicts: await Promise.all(message.verify.map(verdictOn)) });
  } else if ('watch' in message) {
    watch = begin(message.watch);
    say({ id, watching: true });
  } else if (watch) {
    watch.ended = true;
    say({ id, watched: watch.watched });
  }
});

function begin({ mortals, survivors, deadCodes }: ToWatch) {
  const watched: Watched = {
    refusedAt: mortals.map(() => null),
    returned: 0,
    odd: {},
    falseRefusals: {},
  };
  const state = { ended: false, watched };
  const lookAtMortal = async (token: string, index: number) => {
    const verdict = await verdictOn(token);
    const isDead = deadCodes.some((code) => code === verdict);
    if (verdict !== null && !isDead) count(watched.odd, verdict);
    if (isDead) watched.refusedAt[index] ??= monotonicMs();
    else if (verdict === null && watched.refusedAt[index] !== null) watched.returned += 1;
  };
  const lookAtSurvivor = async (token: string) => {
    const verdict = await verdictOn(token);
    if (verdict !== null) count(watched.falseRefusals, verdict);
  };
  const look = async () => {
    let told = false;
    while (!state.ended) {
      for (const [index, token] of mortals.entries()) await lookAtMortal(token, index);
      for (const token of survivors) await lookAtSurvivor(token);
      if (!told && watched.refusedAt.every((instant) => instant !== null)) {
        told = true;
        say({ allRefused: true });
      }
      await sleep(lookEveryMs);
    }
  };
  void look();
  return state;
}

async function verdictOn(token: string): Promise<Verdict> {
  try {
    await verifier.verify(token);
    return null;
  } catch (error) {
    return error instanceof VerifierError ? error.code : String(error);
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function say(message: FromVerifier): void {
  process.send?.(message);
}
