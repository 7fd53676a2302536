/**
 * Agents are several processes that share one file of tokens: each reads it, refreshes, and writes it back later. Copies
 * that are minutes old must not sign the person out, and a thief's copy must not live.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createMovableClock } from '../../support/rooms.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { send } from '../registration/registrar.ts';
import { connect, refresh } from './agent.ts';
import { declaration, scope, tools } from './configuration.ts';
import { hosted, startDocumentSite } from './document_site.ts';

const site = await startDocumentSite();
after(() => site.close());
const [redirectUri = ''] = hosted.redirect_uris;
const minute = 60_000;
const open = {
  ...declaration,
  dynamic_registration: { enabled: true, open: true, apis: [tools], scope },
};

/** How the agent gets its client id. */
const arrivals = {
  'is described by a document': async () => site.serve('/shared', hosted),
  'registered without a token': async (issuer: string) =>
    (await send('POST', `${issuer}/register`, undefined, hosted)).body.client_id,
};

await eachEngine((stores) => {
  for (const [how, arrive] of Object.entries(arrivals)) {
    test(`Five processes of an agent that ${how} refresh from stale copies, a minute apart, and go on`, async (t) => {
      const clock = createMovableClock(Date.now());
      const store = await stores.freshUrl();
      const { issuer, close } = await startTestServer({ declaration: open, clock, store });
      t.after(close);
      const clientId = await arrive(issuer);
      const { refresh_token: shared } = await connect(issuer, { clientId, redirectUri });

      let newest = shared;
      for (let process = 0; process < 5; process += 1) {
        const { status, body } = await refresh(issuer, clientId, shared);
        assert.equal(status, 200, `process ${process}: ${JSON.stringify(body)}`);
        newest = String(body.refresh_token);
        clock.advance(minute - 1000);
        // Who wrote the file last goes on with what it got.
        const own = await refresh(issuer, clientId, newest);
        assert.equal(own.status, 200, `process ${process}: ${JSON.stringify(own.body)}`);
        newest = String(own.body.refresh_token);
      }

      clock.advance(minute);
      const replay = await refresh(issuer, clientId, shared);
      assert.deepEqual([replay.status, replay.body.error], [400, 'invalid_grant']);
      const ended = await refresh(issuer, clientId, newest);
      assert.deepEqual([ended.status, ended.body.error], [400, 'invalid_grant']);
    });
  }
});
