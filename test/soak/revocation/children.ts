/**
 * The verifiers' and the operator's processes, as functions.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type {
  FromOperator,
  FromVerifier,
  Switch,
  ToOperator,
  ToVerifier,
  ToWatch,
  Verdict,
  Watched,
} from './messages.ts';

export type Verifiers = {
  /** Of each token, one after the other, what each verifier says. */
  verify(tokens: string[]): Promise<Verdict[][]>;
  watch(tokens: ToWatch): Promise<void>;
  /** Resolves when every verifier has refused every mortal, or after `ms`. */
  allRefused(ms: number): Promise<void>;
  unwatch(): Promise<Watched[]>;
  /** What they told of themselves (blind, fetch failed, …), and how often. */
  events: Record<string, number>;
  close(): void;
};

export type Operator = {
  /** Answers when it was done, by the monotonic clock. */
  throwSwitch(chosen: Switch): Promise<number>;
  rotateKeys(): Promise<void>;
  /** kill -9; a new one takes its place. */
  kill(): Promise<void>;
  close(): void;
};

type Answer<T> = Extract<T, { id: number }>;

const verifierProcess = new URL('./verifier_process.ts', import.meta.url);
const operatorProcess = new URL('./operator_process.ts', import.meta.url);

/** Starts a module and answers how to ask it. */
function start<From extends object>(module: URL, args: string[], env: NodeJS.ProcessEnv) {
  const child = fork(module, args, { env: { ...process.env, ...env } });
  const waiting = new Map<number, (answer: Answer<From>) => void>();
  const listeners = new Set<(message: From) => void>();
  let lastId = 0;
  const end = () => child.kill('SIGKILL');
  process.on('exit', end);
  child.on('exit', () => process.off('exit', end));
  child.on('message', (message: From) => {
    if (!('id' in message)) for (const listener of listeners) listener(message);
    else {
      waiting.get(Number(message.id))?.(message as Answer<From>);
      waiting.delete(Number(message.id));
    }
  });
  return {
    child,
    onMessage: (listener: (message: From) => void) => listeners.add(listener),
    ask: (question: object) =>
      new Promise<Answer<From>>((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        child.send({ id: lastId, ...question }, (error) => error && reject(error));
      }),
  };
}

type Question<T> = T extends { id: number } ? Omit<T, 'id'> : never;

export function startVerifiers(count: number, issuer: string): Verifiers {
  const events: Record<string, number> = {};
  let unfinished = 0;
  let allDone = () => {};
  const processes = Array.from({ length: count }, () => {
    const verifier = start<FromVerifier>(verifierProcess, [issuer], {});
    verifier.onMessage((message) => {
      if ('event' in message) events[message.event] = (events[message.event] ?? 0) + 1;
      if ('allRefused' in message) {
        unfinished -= 1;
        if (unfinished === 0) allDone();
      }
    });
    return verifier;
  });
  const askAll = (question: Question<ToVerifier>) =>
    Promise.all(processes.map(({ ask }) => ask(question)));
  let done: Promise<void> = Promise.resolve();

  return {
    events,
    async verify(tokens) {
      const answers = await askAll({ verify: tokens });
      const verdicts = answers.map((answer) => ('verdicts' in answer ? answer.verdicts : []));
      return tokens.map((_, index) => verdicts.map((each) => each[index] ?? null));
    },
    async watch(tokens) {
      unfinished = count;
      done = new Promise((resolve) => {
        allDone = resolve;
      });
      await askAll({ watch: tokens });
    },
    async allRefused(ms) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([done, patience]);
      clearTimeout(timer);
    },
    async unwatch() {
      const answers = await askAll({ unwatch: true });
      return answers.flatMap((answer) => ('watched' in answer ? answer.watched : []));
    },
    close() {
      for (const { child } of processes) child.disconnect();
    },
  };
}

/** `env`: as the command line has it. */
export function startOperator(env: NodeJS.ProcessEnv): Operator {
  const launch = () => start<FromOperator>(operatorProcess, [], env);
  let current = launch();
  const ask = async (question: Question<ToOperator>) => {
    const answer = await current.ask(question);
    if ('error' in answer) throw new Error(answer.error);
    return answer.answeredAt;
  };
  return {
    throwSwitch: (chosen) => ask({ throw: chosen }),
    rotateKeys: async () => void (await ask({ rotate: true })),
    async kill() {
      await ended(current.child);
      current = launch();
    },
    close: () => current.child.disconnect(),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
