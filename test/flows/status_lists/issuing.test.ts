/** Nodes that issue at the same time: no two tokens share a bit, in whatever order nodes come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { inParallel } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, orders, serviceSecret } from './configuration.ts';
import { claimOf, fetchList } from './lists.ts';

const clients = ['service', 'other-service'];

await eachEngine((stores) => {
  test('Two thousand tokens of two nodes and two clients get two thousand different status bits', async (t) => {
    const store = await stores.freshUrl();
    const one = await startTestServer({ store, declaration });
    const other = await startTestServer({ store, declaration, issuer: one.issuer });
    const nodes = [one, other];
    const ask = (url: string, clientId: string) =>
      postForm(
        `${url}/token`,
        { grant_type: 'client_credentials', resource: orders },
        { authorization: basic(clientId, serviceSecret) },
      );
    const issue = async (count: number, at = nodes) => {
      const tokens: string[] = [];
      while (tokens.length < count) {
        const answers = await inParallel(50, at, ({ url }, index) =>
          ask(url, clients[(index >> 1) % 2] ?? ''),
        );
        for (const { body } of answers) tokens.push(String(body.access_token));
      }
      return tokens;
    };
    const tokens = await issue(1800);
    // A node that comes back knows nothing of what it had leased.
    await other.close();
    const again = await startTestServer({ store, declaration, issuer: one.issuer });
    t.after(() => Promise.all([one.close(), again.close()]));
    tokens.push(...(await issue(200, [one, again])));

    const bits = tokens.map((token) => {
      const { idx, uri } = claimOf(token) ?? assert.fail('no status');
      return `${uri} ${idx}`;
    });
    assert.equal(new Set(bits).size, tokens.length);
    // What one node opened, the other serves, and none of its bits is set.
    for (const uri of new Set(tokens.map((token) => claimOf(token)?.uri ?? ''))) {
      for (const node of [one, again]) {
        const list = (await fetchList(node, uri)) ?? assert.fail();
        const { statusList } = getListFromStatusListJWT(list.token);
        assert.ok(statusList.every((bit) => bit === 0));
      }
    }
  });
});
