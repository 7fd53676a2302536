/**
 * From answers to the next question or the one result.
 */
import {
  type AnswerTo,
  type CredentialName,
  decisions,
  type QuestionName,
  questions,
  type Step,
} from './questions.ts';

export type Answers = Partial<Record<QuestionName, string>>;
export type Given = { question: QuestionName; answer: string };

/** How the API checks what it is shown. */
export type Check = AnswerTo<'stop'>;

export type Decision = {
  /** What was answered on the way, in the order of the questions. Answers to other questions are left out. */
  given: Given[];
} & ({ next: QuestionName } | { credential: CredentialName; check: Check });

/** An answer that its question does not have counts as none. */
export function decide(answers: Answers): Decision {
  const given: Given[] = [];
  const answerTo = (question: QuestionName): string | undefined => {
    const known: readonly string[] = questions[question];
    const answer = known.find((each) => each === answers[question]);
    if (answer !== undefined) given.push({ question, answer });
    return answer;
  };

  let step: Step = decisions;
  while (typeof step !== 'string') {
    const answer = answerTo(step.ask);
    const following: Step | undefined = answer === undefined ? undefined : step.then[answer];
    if (following === undefined) return { given, next: step.ask };
    step = following;
  }
  const check = answerTo('stop');
  if (check === undefined) return { given, next: 'stop' };
  return { given, credential: step, check: check as Check };
}
