/**
 * Whether a password is among those that guessers try first: common ones, repeats, sequences, keys in a row, dates and
 * the person's own words, in the usual disguises. @zxcvbn-ts estimates how many guesses it takes. It needs some 40 MB and
 * up to 100 ms, so it runs in the password process, which ends when it is idle.
 */
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Guessers need no more of a password, and the estimate would take long. */
const judgedLength = 64;
/** @zxcvbn-ts's score: fewer than 10^6 guesses. */
const leastScore = 2;

let estimator: Promise<ZxcvbnFactory> | undefined;

/** `words`: of the person and of the site. */
export async function isGuessable(password: string, words: readonly string[]): Promise<boolean> {
  estimator ??= load();
  const { score } = (await estimator).check(password.slice(0, judgedLength), [...words]);
  return score < leastScore;
}

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}
