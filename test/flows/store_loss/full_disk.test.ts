/**
 * A disk that is full: the node's files may not grow any more, by the limit of the operating system, which can be
 * lifted while it runs.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startProcessServer } from '../../../harness/process_server.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { until } from '../../support/site.ts';
import { onSqlite } from '../../support/stores.ts';
import { declaration, scope, serviceSecret } from './configuration.ts';

/** `soft`: only that limit, so that it can be lifted again. */
async function limitFiles(pid: number, bytes: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
}

onSqlite((stores) => {
  test('A node on a full disk is not ready, answers 503, and recovers when there is room', async (t) => {
    const server = await startProcessServer({ store: await stores.freshUrl(), declaration });
    t.after(() => server.kill());
    const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope });
    const tokens = await app.newTokens(server);
    const pids = await until(() => {
      const found = [...server.output().matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
      return found.length > 0 && new Set(found);
    });

    for (const pid of pids) await limitFiles(pid, '0');
    assert.equal((await postForm(`${server.url}/par`, app.request('v'.repeat(43)))).status, 503);
    await until(async () => (await server.readiness()) === 503);
    const refused = await app.refresh(server, tokens.refreshToken);
    assert.deepEqual([refused.status, refused.body.error], [503, 'temporarily_unavailable']);
    const page = await createUserAgent().open(
      `${server.url}/authorize?${new URLSearchParams(app.request('v'.repeat(43)))}`,
    );
    assert.equal(page.status, 503);
    assert.match(page.html, /We will be right back/);

    for (const pid of pids) await limitFiles(pid, 'unlimited');
    await until(async () => (await server.readiness()) === 200);
    assert.equal((await app.refresh(server, tokens.refreshToken)).status, 200);
    const authorization = basic('service', serviceSecret);
    const fields = { grant_type: 'client_credentials' };
    assert.equal((await postForm(`${server.url}/token`, fields, { authorization })).status, 200);
  });
});
