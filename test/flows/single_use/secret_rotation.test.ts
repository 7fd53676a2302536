import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createAppSession, inParallel, tally, tokensOf } from '../../support/app_session.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, scope } from './configuration.ts';

const secretOf = (name: string) => hash('sha256', `a master secret: ${name}`, 'base64url');
const [old, fresh] = [secretOf('old'), secretOf('fresh')];

await eachEngine((stores) => {
  let store: string;
  let first: TestServer;
  const servers: TestServer[] = [];
  const startNode = async (...secrets: string[]) => {
    const issuer = first && { issuer: first.issuer };
    const options = { store, declaration, secret: secrets.join(), ...issuer };
    const server = await startTestServer(options);
    servers.push(server);
    return server;
  };
  before(async () => {
    store = await stores.freshUrl();
    first = await startNode(old);
  });
  after(() => Promise.all(servers.map((server) => server.close())));

  test('A rotation of the master secret during the grace period leads to the same successor', async () => {
    const app = createAppSession({ issuer: first.issuer, clientId: 'app', scope });
    const { refreshToken } = await app.newTokens(first);
    const successor = tokensOf(await app.refresh(first, refreshToken));
    for (const secrets of [
      [old, fresh],
      [fresh, old],
    ]) {
      const node = await startNode(...secrets);
      const again = tokensOf(await app.refresh(node, refreshToken));
      assert.equal(again.refreshToken, successor.refreshToken);
    }
    const next = await startNode(fresh, old);
    const third = tokensOf(await app.refresh(next, successor.refreshToken));
    const recovered = tokensOf(await app.refresh(first, refreshToken));
    assert.equal(recovered.refreshToken, third.refreshToken);
  });

  test('Nodes with the secrets in a different order give the same successor', async () => {
    const before = await startNode(old, fresh);
    const afterwards = await startNode(fresh, old);
    const nodes = [before, afterwards];
    const app = createAppSession({ issuer: first.issuer, clientId: 'app', scope });
    for (const issuedBy of [...nodes, ...nodes, ...nodes]) {
      const { refreshToken } = await app.newTokens(issuedBy);
      const answers = await inParallel(10, nodes, (node) => app.refresh(node, refreshToken));
      assert.deepEqual(tally(answers), { 200: 10 });
      const successors = new Set(answers.map((answer) => tokensOf(answer).refreshToken));
      assert.equal(successors.size, 1);
    }
  });

  test('A refresh token survives the removal of the secret that it was issued under', async () => {
    const before = await startNode(old, fresh);
    // Seals what is sealed under the new secret.
    await startNode(fresh, old);
    const afterwards = await startNode(fresh);
    const app = createAppSession({ issuer: first.issuer, clientId: 'app', scope });
    const { refreshToken } = await app.newTokens(before);
    const second = tokensOf(await app.refresh(afterwards, refreshToken));
    assert.equal((await app.refresh(afterwards, second.refreshToken)).status, 200);
  });
});
