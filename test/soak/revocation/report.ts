/** What the soak prints, and what counts as success. */
import type { LoadReport } from './background_load.ts';
import type { SwitchReport } from './rounds.ts';

/** From the answer to the last verifier's refusal. Milliseconds. */
const promiseMs = 2000;

export function printTableHead(): void {
  printLine(['kill switch', 'n', 'p50 ms', 'p99 ms', 'max ms', 'false refusals', 'accepted again']);
  printLine(Array.from({ length: 7 }, () => '---'));
}

export function printSwitch(report: SwitchReport): void {
  const sorted = report.latencies.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  printLine([
    report.name,
    String(sorted.length),
    ...[at(0.5), at(0.99), at(1)].map((latency) => latency.toFixed(0)),
    described(report.falseRefusals),
    String(report.returned),
  ]);
  if (Object.keys(report.odd).length > 0) {
    console.log(`  dead tokens refused for other reasons: ${described(report.odd)}`);
  }
}

export function printLoad(load: LoadReport, events: Record<string, number>): void {
  console.log(
    `\nload: ${load.tokens} tokens, ${load.rate.toFixed(0)}/s, requests without an answer: ` +
      `${described(load.unanswered)}\nverifications: ${load.verifications}, refused because a switch had ` +
      `ended them: ${load.ended}, false refusals: ${described(load.falseRefusals)}\n` +
      `what verifiers told of themselves: ${described(events)}`,
  );
}

export function succeeded({ latencies, falseRefusals, returned }: SwitchReport): boolean {
  const refusals = Object.keys(falseRefusals).length;
  return Math.max(...latencies) <= promiseMs && refusals === 0 && returned === 0;
}

/** `status_unavailable: 3`, or 0. */
function described(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([name, times]) => `${name}: ${times}`);
  return parts.join(', ') || '0';
}

function printLine(cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
