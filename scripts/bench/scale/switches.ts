/**
 * Kill switches on a large store, thrown by the command line as an operator does, while services ask for tokens: when
 * one is acknowledged, and when everybody has heard of it.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeProtectedHeader } from 'jose';
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import { api } from '../declaration.ts';
import { type LoadResult, runLoad } from '../load/load.ts';
import { formRequest } from '../load/request.ts';
import { serviceToken } from '../requests/tokens.ts';
import type { Installation } from '../servers/cardea.ts';
import type { RunningServer } from '../servers/running_server.ts';
import { countRevoked } from './listed.ts';
import { newPersonToken } from './people.ts';

/** Milliseconds: `acknowledged` from the start of the command, everything else from then on. */
export type SwitchResult = {
  name: string;
  acknowledged: number;
  /** At a node that did not throw it. */
  introspection: number;
  verifier: number;
  /** When the lists show as many revoked positions as there are seeded tokens. */
  lists: number;
  /** When the command ends: everything is counted and on record. */
  counted: number;
  /** What the command says of it. */
  said: string;
  /** Tokens of services meanwhile. */
  load: Pick<LoadResult, 'rate' | 'p99' | 'worst' | 'failures'>;
};

const program = fileURLToPath(new URL('../../../bin/cardea.js', import.meta.url));
const pauseMs = 20;
const loadSeconds = 6;

/** `revoked`: how many seeded tokens each ends. */
export async function measureSwitches(
  installation: Installation,
  { node, other }: { node: RunningServer; other: RunningServer },
  revoked: { ofClient: number; all: number },
): Promise<SwitchResult[]> {
  const switches = [
    { name: 'client', words: async () => ['client', 'shop'], count: revoked.ofClient },
    { name: 'API', words: async () => ['api', api.identifier], count: revoked.all },
    {
      name: 'signing key',
      words: async (token: string) => ['signing-key', String(decodeProtectedHeader(token).kid)],
      count: revoked.all,
    },
    { name: 'everything', words: async () => ['everything'], count: revoked.all },
  ];
  const results: SwitchResult[] = [];
  for (const { name, words, count } of switches) {
    const token = await newPersonToken(node);
    const verifier = createVerifier({ issuer: node.url, audience: api.identifier });
    await verifier.verify(token);
    const load = runLoad(node, await serviceToken(node), loadSeconds);
    // Its first seconds warm up.
    await sleep(3000);
    const command = await throwSwitch(installation, await words(token));
    const { acknowledgedAt } = command;
    const since = (time: number) => time - acknowledgedAt;
    const times = await Promise.all([
      until(async () => !(await isActive(other, token))),
      until(async () => isRefused(verifier.verify(token))),
      until(async () => (await countRevoked(node.url)) >= count),
    ]);
    const [introspection = 0, atVerifier = 0, lists = 0] = times.map(since);
    await verifier.close();
    const { endedAt, said } = await command.ended;
    results.push({
      ...{ name, introspection, lists, said, verifier: atVerifier, load: await load },
      ...{ acknowledged: acknowledgedAt - command.startedAt, counted: since(endedAt) },
    });
  }
  return results;
}

/** Resolves when the command says that it is revoked. */
async function throwSwitch({ environment, directory }: Installation, words: string[]) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'revoke', ...words, '--yes'], {
    ...{ cwd: directory, env: { ...process.env, ...environment } },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<{ endedAt: number; said: string }>();
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (text.startsWith('Revoked.')) acknowledged.resolve(performance.now());
  });
  child.once('close', (code) => {
    const [, said = ''] = text.split('\n');
    ended.resolve({ endedAt: performance.now(), said });
    if (code !== 0) acknowledged.reject(new Error(`cardea revoke ended with ${code}`));
  });
  return { startedAt, acknowledgedAt: await acknowledged.promise, ended: ended.promise };
}

async function until(isSo: () => Promise<boolean>): Promise<number> {
  while (!(await isSo())) await sleep(pauseMs);
  return performance.now();
}

function isRefused(verified: Promise<unknown>): Promise<boolean> {
  return verified.then(
    () => false,
    () => true,
  );
}

async function isActive({ url, endpoints }: RunningServer, token: string): Promise<boolean> {
  const requester = await createRawRequester(url, 1);
  const request = formRequest(endpoints.introspection, api.client_id, { token });
  const { body } = await requester.send(0, request);
  requester.close();
  return JSON.parse(body).active === true;
}
