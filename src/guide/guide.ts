/**
 * What a page of the guide shows: the next question, or the answer. Everything follows from the query and from what the
 * operator configured; nothing is remembered.
 */
import { lifetimes } from '../definitions/lifetimes.ts';
import { credentials } from './credentials.ts';
import { type Answers, type Check, decide, type Given } from './decide.ts';
import { type CredentialName, type QuestionName, questions } from './questions.ts';

export type GuideData = {
  /** `again`: the query that leads back to the question. */
  given: (Given & { again: string })[];
  /** Numbers that texts name, in seconds. */
  numbers: GuideNumbers;
} & (
  | {
      state: 'question';
      question: QuestionName;
      /** `query`: leads on. */
      choices: { answer: string; query: string }[];
    }
  | {
      state: 'result';
      credential: CredentialName;
      check: Check;
      mistakes: readonly { mistake: string }[];
      /** Pages of docs/integrations. */
      guides: readonly string[];
      /** Each a command, as lines. */
      requests: readonly (readonly string[])[];
      /** In the console, where it is made. */
      createUrl: string;
    }
);

export type GuideNumbers = {
  /** Until verifiers that follow the status lists refuse what was revoked. */
  within: number;
  token: number;
  /** That a key was exchanged for. */
  key_token: number;
  code: number;
  device: number;
  /** Of refresh tokens. */
  idle: number;
  chain: number;
};

export type Guide = {
  /** `query`: of the page's address. What it does not know, it ignores. */
  read(query: URLSearchParams): GuideData;
};

export function guideNumbers(effectiveWithin: number): GuideNumbers {
  return {
    within: effectiveWithin,
    token: lifetimes.accessToken,
    key_token: lifetimes.accessTokenOfKey,
    code: lifetimes.authorizationCode,
    device: lifetimes.deviceCode,
    idle: lifetimes.refreshTokenIdle,
    chain: lifetimes.refreshTokenChain,
  };
}

/** `consoleUrl`: absolute. `effectiveWithin`: seconds (`revocation.effective_within`). */
export function createGuide({
  issuer,
  consoleUrl,
  effectiveWithin,
}: {
  issuer: string;
  consoleUrl: string;
  effectiveWithin: number;
}): Guide {
  const numbers = guideNumbers(effectiveWithin);
  return {
    read(query) {
      const decision = decide(answersOf(query));
      const given = decision.given.map((each, index, all) => ({
        ...each,
        again: queryOf(all.slice(0, index)),
      }));
      if ('next' in decision) {
        const { next: question } = decision;
        const choices = questions[question].map((answer) => ({
          answer,
          query: queryOf([...decision.given, { question, answer }]),
        }));
        return { state: 'question', given, numbers, question, choices };
      }
      const { credential, check } = decision;
      const { mistakes, guides, create, requests } = credentials[credential];
      return {
        ...{ state: 'result', given, numbers, credential, check, guides },
        mistakes: mistakes.map((mistake) => ({ mistake })),
        requests: requests(issuer),
        createUrl: `${consoleUrl}${create}`,
      };
    },
  };
}

function answersOf(query: URLSearchParams): Answers {
  const names = Object.keys(questions) as QuestionName[];
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? undefined]));
}

/** Without the `?`. A link to it alone is the same wherever the page is. */
function queryOf(given: readonly Given[]): string {
  const answers = given.map(({ question, answer }): [string, string] => [question, answer]);
  return String(new URLSearchParams(answers));
}
