/**
 * Cardea as the conformance suite meets it: the program itself, an https issuer behind deploy/nginx.conf,
 * configured by scripts/conformance. The suite's own addresses are a small https site of this process.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { createDeclaration } from '../../scripts/conformance/declaration.ts';
import { createSetup, type Setup } from '../../scripts/conformance/setup.ts';
import { systemClock } from '../../src/clock.ts';
import { createInitialAccessToken } from '../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../src/storage/open.ts';
import { failuresOf } from '../support/flows.ts';
import { type LocalSite, siteCertificate, startLocalSite } from '../support/local_site.ts';
import { hasNginx, startNginx } from '../support/nginx.ts';

export type Conformance = {
  setup: Setup;
  /** Whatever Cardea calls at the suite. */
  site: LocalSite;
  /** As `cardea clients initial-access-token` gives one. */
  initialAccessToken(): Promise<string>;
};

type Running = Conformance & { close(): Promise<void> };

/** Defines tests of one plan; what they talk to is there when they run. Under CI=true there has to be nginx. */
export function conformance(plan: string, define: (running: () => Conformance) => void): void {
  if (!hasNginx()) {
    console.error(`NOT TESTED: ${plan}. There is no nginx on this machine.`);
    if (process.env.CI === 'true')
      test('CI has an nginx for the conformance tests', () => assert.fail());
    return;
  }
  describe(`Conformance plan: ${plan}`, () => {
    let running: Running | undefined;
    before(async () => {
      running = await start();
    });
    after(() => running?.close());
    define(() => {
      if (!running) throw new Error('the issuer runs only while tests do');
      return running;
    });
  });
}

async function start(): Promise<Running> {
  const site = await startLocalSite({ tls: true });
  const folder = await mkdtemp(join(tmpdir(), 'cardea-conformance-'));
  const store = `sqlite:${join(folder, 'cardea.db')}`;
  const port = await freePort();
  const nginx = await startNginx([port, port]);
  // Only this process trusts the proxy's certificate, and only Cardea's `outbound.ca` the site's.
  setDefaultCACertificates([...getCACertificates('default'), nginx.certificate]);
  const issuer = `https://localhost:${nginx.port}`;
  const setup = await createSetup({
    issuer,
    suite: site.url,
    // The suite calls it by https; what counts here is that proofs name it.
    api: `http://127.0.0.1:${await freePort()}/accounts`,
    ca: siteCertificate,
  });
  const server = await startProcessServer({
    store,
    declaration: createDeclaration(setup),
    issuer,
    port,
    trustedProxies: '127.0.0.1/32',
  });
  return {
    setup,
    site,
    async initialAccessToken() {
      const { artifacts, close } = await openStore({ url: store });
      const dependencies = { artifacts, clock: systemClock };
      const { token } = await createInitialAccessToken(dependencies, { lifetimeSeconds: 600 });
      await close();
      return token;
    },
    async close() {
      await server.stop();
      await nginx.close();
      await site.close();
      await rm(folder, { recursive: true });
      assert.deepEqual(failuresOf(server.output()), []);
    },
  };
}
