/**
 * Whether a stranger can learn who has an account: each form that asks for a name is sent for accounts that exist and for
 * others, in turn, from browsers and networks that are new. Compares what is answered, and when: to the form, and to the
 * page after it, which what is done after the answer would delay.
 *
 *   npm run bench:enumeration
 *   npm run bench:enumeration -- recovery       one of the forms
 *
 * BENCH_REQUESTS (300) is how many of each. A p below 0.01 or so, again at the next run, tells something; of the 14 in one
 * run the least is below 0.01 once in seven runs by chance.
 */
import { isDeepStrictEqual } from 'node:util';
import { type ComparableAnswer, comparable } from '../../../harness/comparable_answers.ts';
import type { Page } from '../../../harness/user_agent.ts';
import { address, names, newBrowser, providerDomain, startPeople } from './people.ts';
import { kolmogorovSmirnov, mannWhitney, median } from './rank_tests.ts';
import { openSignIn } from './visits.ts';

const requests = Number(process.env.BENCH_REQUESTS ?? 300);
const chosen = process.argv[2];
/** All names of one length, which what keeps the name that was typed shows. */
const accounts = (kind: string) => names(kind, 70).slice(10);
const withPassword = accounts('person');
const byMail = accounts('reader');
const ofProvider = accounts('staffs');
const nobody = accounts('nobody');

const people = await startPeople({ workers: 1, withPassword, byMail, ofProvider });
const { issuer } = people;

/** `name`: of the form's field; the last part of where it is sent is `form`. */
type Question = {
  open: (agent: ReturnType<typeof newBrowser>) => Promise<Page>;
  form: string;
  field: string;
  more?: Record<string, string>;
  known: readonly string[];
  unknown: readonly string[];
};
const signIn = {
  open: (agent: ReturnType<typeof newBrowser>) => openSignIn(agent, issuer, 'app'),
  ...{ form: 'sign-in', field: 'username', more: { password: 'a-password-of-nobody' } },
};
const ofDomain = (list: readonly string[]) => list.map((name) => `${name}@${providerDomain}`);
const questions: Record<string, Question> = {
  'sign-in': { ...signIn, known: withPassword, unknown: nobody },
  'sign-in by an address of a provider': {
    ...{ ...signIn, known: ofDomain(ofProvider), unknown: ofDomain(nobody) },
  },
  recovery: {
    ...{ open: (agent) => agent.open(`${issuer}/recovery`), form: 'recovery', field: 'name' },
    ...{ known: byMail, unknown: nobody },
  },
  registration: {
    ...{ open: (agent) => agent.open(`${issuer}/sign-up`), form: 'sign-up', field: 'email' },
    ...{ known: byMail.map(address), unknown: nobody.map(address) },
  },
};

const parts = ['form', 'page'] as const;
type Sample = Record<(typeof parts)[number], { ms: number[]; answers: ComparableAnswer[] }>;
const newSample = (): Sample => ({
  form: { ms: [], answers: [] },
  page: { ms: [], answers: [] },
});

try {
  console.log(
    '| | answers | form: medians ms | Mann-Whitney p | Kolmogorov-Smirnov p | next page: medians ms | Mann-Whitney p | Kolmogorov-Smirnov p |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const [title, question] of Object.entries(questions)) {
    if (chosen !== undefined && chosen !== title) continue;
    for (let turn = 0; turn < 20; turn += 1) await ask(question, turn, turn % 2 === 0, newSample());
    const known = newSample();
    const unknown = newSample();
    for (let turn = 0; turn < requests; turn += 1) {
      // Which comes first changes by chance: nothing regular of the machine's falls on one of them.
      const order = Math.random() < 0.5 ? [true, false] : [false, true];
      for (const isKnown of order) {
        await ask(question, turn, isKnown, isKnown ? known : unknown);
      }
    }
    const cells = parts.flatMap((part) => {
      const [one, other] = [known[part].ms, unknown[part].ms];
      if (one.length === 0) return ['', '', ''];
      return [
        `${median(one).toFixed(2)} / ${median(other).toFixed(2)}`,
        mannWhitney(one, other).toFixed(3),
        kolmogorovSmirnov(one, other).toFixed(3),
      ];
    });
    const strange = parts.flatMap((part) => unlike(known[part].answers, unknown[part].answers));
    const answers = strange.length === 0 ? 'alike' : 'DIFFERENT';
    console.log(`| ${[title, answers, ...cells].join(' | ')} |`);
    if (strange.length > 0) console.log(JSON.stringify(strange));
  }
} finally {
  await people.stop();
}

/** One browser that sends one form, and opens the page that it is sent to if that is ours. */
async function ask(
  { open, form, field, more, known, unknown }: Question,
  turn: number,
  isKnown: boolean,
  sample: Sample,
): Promise<void> {
  const list = isKnown ? known : unknown;
  const name = list[turn % list.length] ?? '';
  const agent = newBrowser();
  const page = alone(await open(agent), form);
  const action = new RegExp(`/${form}$`);
  const fields = { ...more, [field]: name };
  const sentAt = performance.now();
  const answer = await agent.submit(page, { action, fields, stopAt: 'http' });
  const answeredAt = performance.now();
  const next = answer.url.startsWith(issuer) ? await agent.open(answer.url) : undefined;
  const openedAt = performance.now();
  sample.form.ms.push(answeredAt - sentAt);
  sample.form.answers.push(comparable(answer, name));
  if (!next) return;
  sample.page.ms.push(openedAt - answeredAt);
  sample.page.answers.push(comparable(next, name));
}

/** Two answers that differ, if any do. */
function unlike(...lists: ComparableAnswer[][]): ComparableAnswer[] {
  const [first, ...others] = lists.flat();
  const other = others.find((one) => !isDeepStrictEqual(one, first));
  return first && other ? [first, other] : [];
}

/** Only that form, so that finding it takes no time. */
function alone(page: Page, form: string): Page {
  const parts = page.html.match(/<form[\s\S]*?<\/form>/g) ?? [];
  const html = parts.find((part) => new RegExp(`action="[^"]*/${form}"`).test(part)) ?? '';
  return { ...page, html };
}
