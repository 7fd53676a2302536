/**
 * Whether two samples can come from the same distribution: the probability that what tells them apart, or more, is chance.
 * Both tests are about order only, so that a few slow answers do not decide. Approximations for samples of 20 and more.
 */

/** Two-sided test of Mann and Whitney, with the correction for ties: notices when one is mostly larger. */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const all = [...one, ...other].toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  let ties = 0;
  for (let first = 0; first < all.length; ) {
    const value = all[first] ?? 0;
    const after = all.lastIndexOf(value) + 1;
    ranks.set(value, (first + 1 + after) / 2);
    ties += (after - first) ** 3 - (after - first);
    first = after;
  }
  const rankSum = one.reduce((sum, value) => sum + (ranks.get(value) ?? 0), 0);
  const [n, m, count] = [one.length, other.length, all.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const variance = ((n * m) / 12) * (count + 1 - ties / (count * (count - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperTail(z));
}

/** Test of Kolmogorov and Smirnov: notices any difference, also where both are as large on the whole. */
export function kolmogorovSmirnov(one: readonly number[], other: readonly number[]): number {
  const share = (sample: readonly number[], value: number) =>
    sample.filter((each) => each <= value).length / sample.length;
  const distance = Math.max(
    ...[...one, ...other].map((value) => Math.abs(share(one, value) - share(other, value))),
  );
  const size = Math.sqrt((one.length * other.length) / (one.length + other.length));
  const scaled = (size + 0.12 + 0.11 / size) * distance;
  if (scaled < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1)
    sum += (k % 2 ? 2 : -2) * Math.exp(-2 * k * k * scaled * scaled);
  return Math.min(1, Math.max(0, sum));
}

/** P(Z > z) of the normal distribution; Abramowitz and Stegun 26.2.17, to 7.5e-8. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const factors = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  return density * factors.reduce((sum, factor) => (sum + factor) * t, 0);
}

export function median(sample: readonly number[]): number {
  const sorted = sample.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
