/** docs/integrations/verify-elsewhere.md: its steps by hand, on the command line. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as openid from 'openid-client';
import { sqliteServer } from '../support/flows.ts';
import { revoke } from '../support/holder.ts';
import { declaration, orders, secret, stock } from './configuration.ts';
import { exchangedKey } from './exchanged_key.ts';
import { run } from './programs.ts';
import { startScriptedIssuer } from './scripted_issuer.ts';

const examples = '../../docs/integrations/examples/';
const program = fileURLToPath(new URL(`${examples}shell/read_status.sh`, import.meta.url));
const tools = ['curl', 'jq', 'openssl', 'gzip', 'od'];

const skip = await run('sh', ['-c', tools.map((tool) => `command -v ${tool}`).join(' && ')], {
  folder: '.',
  mayFail: true,
}).then(
  () => false,
  () => `this machine lacks one of ${tools.join(', ')}`,
);

/** What it says: `good`, or why not. */
function ask(issuer: string, audience: string, token: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('sh', [program, issuer, audience], (_, stdout, stderr) => {
      resolve(`${stdout}${stderr}`.trim());
    });
    child.stdin?.end(`${token}\n`);
  });
}

describe('Verification by hand in the shell', { skip }, () => {
  sqliteServer({ declaration }, (server) => {
    test('A token is accepted until it is revoked, and one from a test API key is refused', async (t: TestContext) => {
      const { issuer } = server();
      const authentication = openid.ClientSecretBasic(secret);
      const config = await openid.discovery(new URL(issuer), 'job', {}, authentication, {
        execute: [openid.allowInsecureRequests],
      });
      const request = { scope: 'orders:read', resource: orders };
      const { access_token: token } = await openid.clientCredentialsGrant(config, request);
      assert.equal(await ask(issuer, orders, token), 'good');
      assert.match(await ask(issuer, stock, token), /^refused: of or for somebody else/);
      assert.equal(await ask(issuer, orders, await exchangedKey(server(), 'live')), 'good');
      const ofTest = await exchangedKey(server(), 'test');
      assert.match(await ask(issuer, orders, ofTest), /^refused: .*of a test key/);
      await revoke(issuer, { clientId: 'job', secret }, token);
      let said = 'good';
      while (said === 'good' && !t.signal.aborted) said = await ask(issuer, orders, token);
      assert.equal(said, 'refused: revoked');
    });
  });

  test('Status bits are counted from the least significant one, and a forged list is refused', async () => {
    const scripted = await startScriptedIssuer({ audience: orders });
    try {
      const key = await scripted.createKey('first');
      await scripted.publish(key);
      scripted.serveList('bits', { bits: Uint8Array.of(2, 128) });
      const says = async (index: number, parts = {}) =>
        ask(scripted.issuer, orders, await scripted.token('bits', index, parts));
      const answers: string[] = [];
      for (const index of [0, 1, 7, 14, 15, 16]) answers.push(await says(index));
      const [revoked, beyond] = ['refused: revoked', 'refused: beyond the list'];
      assert.deepEqual(answers, ['good', revoked, 'good', 'good', revoked, beyond]);
      const another = await scripted.createKey('first');
      assert.equal(await says(0, { key: another }), 'refused: token: wrong signature');
      assert.equal(await says(0, { header: { typ: 'JWT' } }), 'refused: token: wrong header');
      assert.match(await says(0, { claims: { exp: 1 } }), /expired$/);
      for (const environment of ['test', 'prod', '', false, null]) {
        assert.match(await says(0, { claims: { environment } }), /of a test key/);
      }
      scripted.serveList('bits', { key: another });
      assert.equal(await says(0), 'refused: list: wrong signature');
      scripted.serveList('bits', { claims: { sub: 'another' } });
      assert.match(await says(0), /^refused: the list is not the one/);
    } finally {
      await scripted.close();
    }
  });
});
