/**
 * Whatever nodes remember of credentials, clients and keys to be fast, no answer outlives its reason: random orders of
 * issuing, revoking, rotating, disabling, enabling and restarting on two nodes, against a model that remembers nothing.
 * `CARDEA_VERDICTS_MS` makes it a soak, `CARDEA_VERDICTS_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { sharedScene } from '../../support/scenes.ts';
import { eachEngine } from '../../support/stores.ts';
import { assemble } from './cast.ts';
import { tell } from './facts.ts';
import { differences } from './questions.ts';
import { openStage, type Stage } from './stage.ts';
import { anySteps, type Step, take } from './steps.ts';

/** Milliseconds for each engine. */
const searchMs = Number(process.env.CARDEA_VERDICTS_MS ?? 40_000);
const shrinkMs = 30_000;
const firstSeed = Number(process.env.CARDEA_VERDICTS_SEED ?? Date.now() % 1_000_000_000);

async function play(stage: Stage, steps: readonly Step[]): Promise<void> {
  const cast = await assemble(stage);
  for (const [index, step] of steps.entries()) {
    let isDone = false;
    // What is asked while something happens may get either answer.
    const askMeanwhile = async () => {
      while (!isDone) await differences(cast);
    };
    const meanwhile = step.isRaced ? askMeanwhile() : undefined;
    await take(cast, step).finally(() => {
      isDone = true;
    });
    await meanwhile;
    if (!step.isWatched && index < steps.length - 1) continue;
    // The second time they have it from memory.
    for (const time of ['first', 'second']) {
      const found = await differences(cast);
      const about = `after ${step.act}, asked the ${time} time\n${tell(cast.facts)}`;
      assert.deepEqual(found, [], about);
    }
  }
}

describe('Remembered verdicts', async () => {
  await eachEngine((stores) => {
    const stage = sharedScene(stores, openStage);

    test('No answer outlives its reason, whatever is issued, revoked, rotated, disabled, enabled and restarted on two nodes', async (t) => {
      let until = performance.now() + searchMs;
      const property = fc.asyncProperty(anySteps, async (steps) => {
        // Late candidates of a smaller failure are not looked at.
        if (performance.now() < until) await play(stage(), steps);
      });
      let seed = firstSeed;
      for (; performance.now() < until; seed += 1) {
        const outcome = await fc.check(property, { seed, numRuns: 1, endOnFailure: true });
        if (!outcome.failed) continue;
        t.diagnostic(`CARDEA_VERDICTS_SEED=${seed}`);
        until = performance.now() + shrinkMs;
        await fc.assert(property, { seed, numRuns: 1 });
        throw outcome.errorInstance;
      }
      t.diagnostic(`${seed - firstSeed} runs from CARDEA_VERDICTS_SEED=${firstSeed}`);
    });
  });
});
