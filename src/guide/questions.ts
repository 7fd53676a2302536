/**
 * "Which credential do I need?" as data: the questions, and where each answer leads. What they say in words is in
 * views/texts (`guide`); the page, the console and docs/which-credential.md all follow from here.
 */

/** In the order in which a page names what was answered. */
export const questions = {
  /** Is a person involved? */
  caller: ['person', 'program', 'api'],
  /** Where does a person's program run? */
  from: ['server', 'browser', 'app', 'cli', 'device', 'agent'],
  /** Do you control both ends? */
  ends: ['own', 'others'],
  /** Can the program ask for a token first? */
  token: ['yes', 'no'],
  /** Can a command line open a browser where it runs? */
  opens: ['yes', 'no'],
  /** Must the API know which user it is for? */
  user: ['yes', 'no'],
  /** How fast must it stop? */
  stop: ['seconds', 'at_once'],
} as const;

export type QuestionName = keyof typeof questions;
export type AnswerTo<Q extends QuestionName> = (typeof questions)[Q][number];

export const credentialNames = [
  ...(['api_key', 'client_credentials', 'code_web', 'code_spa', 'code_native'] as const),
  ...(['device_code', 'token_exchange', 'agent'] as const),
];
export type CredentialName = (typeof credentialNames)[number];

/** A question with what follows each of its answers, or the credential. */
export type Step = CredentialName | { ask: QuestionName; then: Readonly<Record<string, Step>> };

function ask<Q extends QuestionName>(question: Q, then: Record<AnswerTo<Q>, Step>): Step {
  return { ask: question, then };
}

/**
 * Ends at a credential. How the API checks it is asked last in any case, and decides how fast it stops.
 */
export const decisions: Step = ask('caller', {
  person: ask('from', {
    server: ask('user', { yes: 'code_web', no: 'client_credentials' }),
    browser: 'code_spa',
    app: 'code_native',
    cli: ask('opens', { yes: 'code_native', no: 'device_code' }),
    device: 'device_code',
    agent: ask('ends', { own: 'code_native', others: 'agent' }),
  }),
  program: ask('ends', {
    own: ask('token', { yes: 'client_credentials', no: 'api_key' }),
    others: 'api_key',
  }),
  api: ask('user', { yes: 'token_exchange', no: 'client_credentials' }),
});
