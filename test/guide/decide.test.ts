/** The table behind "Which credential do I need?": every way through it, and no question in vain. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { credentials } from '../../src/guide/credentials.ts';
import { type Answers, type Decision, decide } from '../../src/guide/decide.ts';
import { createGuide } from '../../src/guide/guide.ts';
import { credentialNames, type QuestionName, questions } from '../../src/guide/questions.ts';
import { pageTexts } from '../../src/pages/texts.ts';

type Result = Extract<Decision, { credential: unknown }>;
const names = Object.keys(questions) as QuestionName[];

/** Every result that can be reached from these answers, with the answers that lead there. */
function resultsFrom(answers: Answers): { answers: Answers; result: Result }[] {
  const decision = decide(answers);
  if ('credential' in decision) return [{ answers, result: decision }];
  const { next } = decision;
  return questions[next].flatMap((answer) => resultsFrom({ ...answers, [next]: answer }));
}

const outcome = ({ credential, check }: Result) => `${credential} ${check}`;

describe('The guide to credentials', () => {
  test('Every way through the questions reaches one answer, and every answer is reached', () => {
    const all = resultsFrom({});
    for (const { answers, result } of all) {
      assert.deepEqual(
        Object.fromEntries(result.given.map(({ question, answer }) => [question, answer])),
        answers,
      );
      assert.ok(result.given.length <= 4);
    }
    const reached = new Set(all.map(({ result }) => outcome(result)));
    for (const name of credentialNames) {
      for (const check of questions.stop) assert.ok(reached.has(`${name} ${check}`), name);
    }
    assert.equal(new Set(all.map(({ answers }) => JSON.stringify(answers))).size, all.length);
  });

  test('No question is asked in vain: wherever it is asked, its answers lead to different results', () => {
    const visit = (answers: Answers) => {
      const decision = decide(answers);
      if ('credential' in decision) return;
      const { next } = decision;
      const ends = questions[next].map((answer) => {
        visit({ ...answers, [next]: answer });
        return resultsFrom({ ...answers, [next]: answer })
          .map(({ result }) => outcome(result))
          .sort()
          .join();
      });
      assert.ok(new Set(ends).size > 1, `${next} after ${JSON.stringify(answers)}`);
      asked.add(next);
    };
    const asked = new Set<QuestionName>();
    visit({});
    assert.deepEqual([...asked].sort(), [...names].sort());
  });

  test('Whatever an address says, the guide asks or answers, and repeats only answers that it knows', () => {
    const guide = createGuide({
      ...{ issuer: 'https://id.example', consoleUrl: 'https://id.example/console' },
      effectiveWithin: 2,
    });
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', ...names, ...names.flatMap((n) => questions[n])),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        const { given } = guide.read(new URLSearchParams(pairs));
        for (const { question, answer } of given) {
          assert.ok((questions[question] as readonly string[]).includes(answer));
        }
      }),
    );
  });

  test('Each link of a question leads to the next, and each "change" back to its question', () => {
    const guide = createGuide({
      ...{ issuer: 'https://id.example', consoleUrl: 'https://id.example/console' },
      effectiveWithin: 2,
    });
    const visit = (query: string, depth: number) => {
      const page = guide.read(new URLSearchParams(query));
      assert.equal(page.given.length, depth);
      for (const { question, again } of page.given) {
        const back = guide.read(new URLSearchParams(again));
        assert.ok(back.state === 'question' && back.question === question);
      }
      if (page.state === 'question')
        for (const choice of page.choices) visit(choice.query, depth + 1);
      else {
        assert.ok(page.createUrl.startsWith('https://id.example/console/'));
        assert.ok(page.requests.flat().some((line) => line.includes('https://id.example/')));
      }
    };
    visit('', 0);
  });

  test('Every answer has words, and every mistake is one of the texts and belongs to a credential', () => {
    const { guide } = pageTexts.en;
    assert.deepEqual(Object.keys(guide.questions).sort(), [...names].sort());
    for (const name of names) {
      assert.deepEqual(Object.keys(guide.questions[name].answers), [...questions[name]]);
    }
    assert.deepEqual(Object.keys(guide.credentials).sort(), [...credentialNames].sort());
    const mistakes = new Set<string>(Object.values(credentials).flatMap((c) => c.mistakes));
    assert.deepEqual([...mistakes].sort(), Object.keys(guide.mistakes).sort());
  });

  test('Every guide that is named exists', () => {
    for (const { guides } of Object.values(credentials)) {
      for (const name of guides) {
        const url = new URL(`../../docs/integrations/${name}.md`, import.meta.url);
        assert.ok(readFileSync(url, 'utf8').length > 0);
      }
    }
  });
});
