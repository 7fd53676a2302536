/**
 * What every one of these flows needs: Cardea, the site of the apps, a browser; and each test once for each
 * way of visiting.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.ts';
import { randomId, sha256 } from '../../../src/digests.ts';
import { createShiftedClock, type ShiftedClock } from '../../support/clock.ts';
import { postForm } from '../../support/flows.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { type AppSite, startAppSite } from './app_site.ts';
import { declaration } from './configuration.ts';
import { createVisitor, type Visitor, type Way, ways } from './visitor.ts';

export type Scene = {
  issuer: string;
  app: AppSite;
  clock: ShiftedClock;
  /** An authorization request by PKCE: its URL, and what redeems its code. */
  request(parameters?: Record<string, string>): {
    url: string;
    redeem(): ReturnType<typeof postForm>;
  };
};

type Walk = (visitor: Visitor, scene: Scene) => Promise<void>;

/** Set up before the tests that `define` defines, and gone after them. */
export function inScene(define: (stage: () => { browser: Browser; scene: Scene }) => void): void {
  let browser: Browser;
  let server: TestServer;
  let scene: Scene;

  onSqlite((stores) => {
    before(async () => {
      const clock = createShiftedClock();
      const app = await startAppSite();
      server = await startTestServer({
        store: await stores.freshUrl(),
        declaration: declaration(app.origin),
        clock,
      });
      browser = await launchBrowser();
      scene = createScene(server.issuer, app, clock);
    });
    after(async () => {
      await browser.close();
      await server.close();
      await scene.app.close();
      assert.doesNotMatch(server.logged(), /"level":"(error|fatal)"/);
    });
    define(() => ({ browser, scene }));
  });
}

/** `define` is given a `test` whose function is run once for each way, each time in a browser without cookies. */
export function inEachWay(define: (walk: (name: string, run: Walk) => void) => void): void {
  inScene((stage) => {
    const visit = async (way: Way, run: Walk) => {
      const { browser, scene } = stage();
      const visitor = await createVisitor(browser, way, [scene.issuer, scene.app.origin]);
      await run(visitor, scene);
      await visitor.leave();
    };
    for (const way of ways) {
      describe(`Pages ${way.name}`, () =>
        define((name, run) => void test(name, () => visit(way, run))));
    }
  });
}

function createScene(issuer: string, app: AppSite, clock: ShiftedClock): Scene {
  return {
    issuer,
    app,
    clock,
    request(parameters = {}) {
      const verifier = randomId(32);
      const query = {
        client_id: 'app',
        response_type: 'code',
        scope: 'openid profile email orders:read orders:write',
        redirect_uri: app.callbackUri,
        state: 'a state',
        code_challenge: sha256(verifier),
        code_challenge_method: 'S256',
        ...parameters,
      };
      return {
        url: `${issuer}/authorize?${new URLSearchParams(query)}`,
        redeem: () =>
          postForm(`${issuer}/token`, {
            grant_type: 'authorization_code',
            client_id: query.client_id,
            redirect_uri: app.callbackUri,
            code: app.last().answer.get('code') ?? '',
            code_verifier: verifier,
          }),
      };
    },
  };
}
