/** The agent in python/agent.py as a program, with a person in front of it who signs in where it sends them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Choices, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { cacheFolder, run } from '../programs.ts';
import { alice, metadata, redirectUri } from './scene.ts';

const folder = fileURLToPath(new URL('python/', import.meta.url));

type Answer = {
  open?: string;
  said?: unknown;
  refresh_tokens?: string[];
  access_token?: string;
  scope?: string;
};

export type PythonAgent = {
  /** The answer to a command, after a sign-in where it asks for one. Throws with its stderr if it ends instead. */
  tell(command: string, choices?: Choices): Promise<Answer>;
  /** Where it sent the person. */
  asked: URL[];
  end(): Promise<void>;
};

/** An interpreter with the SDK, made once and kept. Throws NotHere. */
export async function preparePython(): Promise<string> {
  const cache = await cacheFolder('mcp');
  const python = join(cache, 'venv', 'bin', 'python');
  const ready = join(cache, 'venv', 'ready');
  if (await isThere(ready)) return python;
  await run('python3', ['-m', 'venv', '--clear', 'venv'], { folder: cache, mayFail: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--retries', '1'];
  const requirements = ['-r', join(folder, 'requirements.txt')];
  await run(python, [...install, ...requirements], { folder: cache, mayFail: true });
  await run('touch', [ready], { folder: cache });
  return python;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** `clientMetadataUrl`: where it hosts its metadata. */
export function startPythonAgent(
  python: string,
  { url, clientMetadataUrl }: { url: string; clientMetadataUrl?: string },
): PythonAgent {
  const words = [url, JSON.stringify(metadata), clientMetadataUrl ?? []].flat();
  const child = spawn(python, ['agent.py', ...words], { cwd: folder });
  const gone = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const browser = createUserAgent();
  const asked: URL[] = [];

  return {
    asked,
    async tell(command, choices) {
      child.stdin.write(`${command}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended:\n${errors}`);
        const answer: Answer = JSON.parse(value);
        if (answer.open === undefined) return answer;
        asked.push(new URL(answer.open));
        const back = await walkToClient(browser, answer.open, redirectUri, {
          person: alice,
          ...choices,
        });
        child.stdin.write(`${back}\n`);
      }
    },
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}
