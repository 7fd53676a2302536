/** Two nodes that share a store, scanners that report leaked keys to them, and who is told. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startLocalSite } from '../../support/local_site.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration } from './configuration.ts';
import { ask } from './keys.ts';
import { openNodes } from './nodes.ts';

export const token = 'the token of the scanners, which is long enough';
const secret = `whsec_${Buffer.alloc(32, 'webhooks').toString('base64')}`;
const github = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const otherCurve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const published = [
  { key_identifier: 'k1', key: pem(github.publicKey), is_current: true },
  { key_identifier: 'other-curve', key: pem(otherCurve.publicKey), is_current: false },
  { key_identifier: 'broken', key: 'nothing', is_current: false },
];

/** A list of labels, or a problem. */
type Answer = object[] & { code?: string; errors?: { pointer: string }[] };

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export async function openLeakScene(url: string) {
  const site = await startLocalSite();
  site.serve('/keys', { public_keys: published });
  const { first, second, keeper, close } = await openNodes(url, {
    declaration: {
      ...declaration,
      outbound: { allow: ['127.0.0.0/8'] },
      webhooks: [{ url: `${site.url}/hooks`, secret, events: ['api_key.leaked'] }],
      api_keys: {
        ...declaration.api_keys,
        leaks: { github_keys_url: `${site.url}/keys`, token },
      },
    },
  });
  const nodes: [TestServer, TestServer] = [first, second];
  const keys: string[] = [];

  const newKey = async () => {
    const project = await keeper.project({ ownerId: 'alice' });
    const made = await keeper.key({ projectId: project.id });
    keys.push(made.key);
    return made;
  };
  const verdict = async (node: TestServer, key: string) => {
    const { body } = await ask(node.url, { key });
    return body.valid === true ? 'valid' : body.reason;
  };
  const post = async (
    path: string,
    body: string,
    headers: Record<string, string>,
    [node] = nodes,
  ) => {
    const response = await fetch(`${node.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer = (await response.json()) as Answer;
    return { status: response.status, headers: response.headers, body: answer };
  };
  const reportAsGithub = (body: string, given: Record<string, string> = {}, to = nodes) => {
    const headers = {
      'Github-Public-Key-Identifier': 'k1',
      'Github-Public-Key-Signature': signature(body),
      ...given,
    };
    return post('/leaks/github', body, headers, to);
  };
  /** A report that says how long it is and begins, but does not end. `answered`: what comes back until then. */
  const beginReport = async (keyId: string, length: number) => {
    const socket = connect(Number(new URL(nodes[0].url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
    const end = once(socket, 'close');
    const first = Promise.race([once(socket, 'data'), end]);
    await once(socket, 'connect');
    socket.write(
      `POST /leaks/github HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nGithub-Public-Key-Identifier: ${keyId}\r\nGithub-Public-Key-Signature: AAAA\r\n\r\n[`,
    );
    return { socket, answered: first.then(() => Buffer.concat(chunks).toString()) };
  };
  const leakEvents = async (keyId: string) =>
    (await keeper.store.audit.list({ type: 'api_key.leaked', limit: 100 })).filter(
      ({ details }) => details?.key_id === keyId,
    );
  const hooksAbout = (keyId: string) =>
    site.received.filter(({ path, body }) => path === '/hooks' && body.includes(keyId));

  return {
    ...{ site, nodes, newKey, verdict, post, reportAsGithub, beginReport, leakEvents, hooksAbout },
    async close(): Promise<void> {
      await Promise.all([site.close(), close()]);
      const logged = nodes.map((node) => node.logged()).join('');
      for (const key of keys) assert.ok(!logged.includes(key.slice(-38)));
    },
  };
}

/** As GitHub signs, or another. */
export function signature(body: string, { privateKey } = github): string {
  const key = { key: privateKey, dsaEncoding: 'der' } as const;
  return sign('sha256', Buffer.from(body), key).toString('base64');
}

/** One entry of a report. */
export function found(key: string, more: object = {}) {
  return {
    ...{ token: key, type: 'acme_api_key', url: 'https://github.com/a/b', source: 'commit' },
    ...more,
  };
}

/** One entry of the answer to a report. */
export function answered(key: string, label: string) {
  return { token_hash: hash('sha256', key), token_type: 'acme_api_key', label };
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 500 && !isSo(); round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(isSo());
}
