/**
 * The recorded answers: each different one once, with the requests that got it. The headers that nearly every answer
 * has stand once; an answer names those that it has otherwise, or (null) has not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Answer } from './answers.ts';

type Differences = Record<string, string | null>;
type Entry = Omit<Answer, 'headers'> & { headers: Differences; requests: Requests };
/** By what they are in order, and then by what is odd about them ('': nothing). */
type Requests = Record<string, string[]>;
type Recording = { usualHeaders: Record<string, string>; answers: Entry[] };

const file = new URL('recorded_answers.json', import.meta.url);

/** By the request's name. */
export function readRecording(): Map<string, Answer> {
  const { usualHeaders, answers } = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  return new Map(
    answers.flatMap(({ requests, headers: own, ...rest }) => {
      const present = Object.entries({ ...usualHeaders, ...own }).filter(
        ([, value]) => value !== null,
      );
      const headers = Object.fromEntries(present) as Record<string, string>;
      return namesIn(requests).map((name): [string, Answer] => [name, { ...rest, headers }]);
    }),
  );
}

export function writeRecording(given: ReadonlyMap<string, Answer>): void {
  const [usual] = given.values();
  const usualHeaders = usual?.headers ?? {};
  const answers = new Map<string, Entry>();
  for (const [name, { headers, ...rest }] of given) {
    const own = Object.entries(headers).filter(([key, value]) => usualHeaders[key] !== value);
    const absent = Object.keys(usualHeaders).filter((key) => !(key in headers));
    const all = [...own, ...absent.map((key) => [key, null])];
    const differences = Object.fromEntries(all.sort());
    const entry: Entry = { ...rest, headers: differences, requests: {} };
    const key = JSON.stringify(entry);
    const { requests } = answers.get(key) ?? entry;
    const [base = '', oddity = ''] = name.split(': ');
    requests[base] = [...(requests[base] ?? []), oddity];
    answers.set(key, { ...entry, requests });
  }
  const recording: Recording = { usualHeaders, answers: [...answers.values()] };
  writeFileSync(file, `${JSON.stringify(recording, null, 2)}\n`);
}

function namesIn(requests: Requests): string[] {
  return Object.entries(requests).flatMap(([base, oddities]) =>
    oddities.map((oddity) => (oddity ? `${base}: ${oddity}` : base)),
  );
}
