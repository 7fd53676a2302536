/** A signing key is revoked under load: what signs next was in every verifier's hands before. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { systemClock } from '../../../src/clock.ts';
import { createVerifier, VerifierError } from '../../../src/verifier/index.ts';
import type { Node } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startNodes, type TestNode } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, orders, serviceSecret } from './configuration.ts';
import { prepareEmergencyLoad } from './emergency_load.ts';
import { jwksOf, jwksWithNext } from './lists.ts';
import { createOperator, type Operator } from './operator.ts';

const pauseMs = 10;
/** What has not come after so many looks never will. */
const mostLooks = 1500;
/** Of each node, with the key that signs next. */
const enoughTokens = 20;

await eachEngine((stores) => {
  let nodes: TestNode[];
  let operator: Operator;
  before(async () => {
    const store = await stores.freshUrl();
    nodes = await startNodes({ store, declaration });
    operator = await createOperator(store, systemClock);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await operator.close();
  });

  const until = async (what: string, isSo: () => Promise<boolean> | boolean) => {
    for (let look = 0; look < mostLooks; look += 1) {
      if (await isSo()) return;
      await sleep(pauseMs);
    }
    assert.fail(`${what} does not come`);
  };
  const kidsAt = async (node: Node) => {
    const { jwks } = await jwksOf(node);
    return jwks.keys.filter(({ alg }) => alg === 'RS256').map(({ kid }) => kid);
  };
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const tokenFrom = async (node: Node): Promise<string> => {
    const { status, body } = await postForm(
      `${node.url}/token`,
      { grant_type: 'client_credentials', resource: orders },
      { authorization: basic('service', serviceSecret) },
    );
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.access_token);
  };
  /** Each knows what its node tells it, and nothing else. */
  const verifierAt = (node: TestNode) => {
    const verifier = createVerifier({
      ...{ issuer: node.issuer, audience: orders },
      fetch: (url, init) => fetch(url.replace(node.issuer, node.url), init),
    });
    const codeOf = async (token: string) => {
      try {
        await verifier.verify(token);
        return 'ok';
      } catch (failure) {
        return failure instanceof VerifierError ? failure.code : String(failure);
      }
    };
    return { ...verifier, codeOf };
  };

  test('In an emergency revocation every node has already published the next signing key, and no valid token is refused', async (t) => {
    await Promise.all(nodes.map(jwksWithNext));
    const [kid, next] = await kidsAt(nodes[0] ?? assert.fail());
    assert.ok(kid);
    for (const node of nodes) assert.deepEqual(await kidsAt(node), [kid, next]);
    const verifiers = nodes.map(verifierAt);
    t.after(() => Promise.all(verifiers.map((verifier) => verifier.close())));
    await Promise.all(verifiers.map((verifier) => verifier.ready()));

    const tokens = nodes.map(() => ({ old: [] as string[], of: new Map<string, number>() }));
    const refusals: string[] = [];
    let over = false;
    const askAt = async (node: Node, index: number) => {
      const seen = tokens[index] ?? assert.fail();
      while (!over) {
        const token = await tokenFrom(node);
        const signedBy = kidOf(token) ?? '';
        seen.of.set(signedBy, (seen.of.get(signedBy) ?? 0) + 1);
        if (signedBy === kid) seen.old.push(token);
        const codes = await Promise.all(verifiers.map((verifier) => verifier.codeOf(token)));
        // What the dead key signed a moment ago may be refused, as it should be.
        const accepted = signedBy === kid ? ['ok', 'unknown_key', 'revoked'] : ['ok'];
        refusals.push(...codes.filter((code) => !accepted.includes(code)));
        await sleep(pauseMs);
      }
    };
    const load = Promise.all(
      nodes.flatMap((node, index) => [askAt(node, index), askAt(node, index)]),
    );
    load.catch(() => {});
    const enough = (signedBy = '') =>
      tokens.every(({ of }) => (of.get(signedBy) ?? 0) >= enoughTokens);
    await until('load', () => enough(kid));
    await operator.kill({ keyId: kid });
    await until('tokens of the next key', () => enough(next));
    const [dead] = tokens.map(({ old }) => old.at(-1) ?? '');
    for (const { codeOf } of verifiers) {
      await until('the refusal', async () => (await codeOf(dead ?? '')) !== 'ok');
    }
    over = true;
    await load;

    assert.deepEqual(refusals, []);
    for (const { of } of tokens) assert.deepEqual(new Set(of.keys()), new Set([kid, next]));
    for (const node of nodes) {
      await jwksWithNext(node);
      const [signs, follows, ...others] = await kidsAt(node);
      assert.equal(signs, next);
      assert.ok(follows);
      assert.deepEqual(others, []);
    }
  });

  const emergencies = {
    'the current key is revoked': (signs: string) => [signs],
    'the next key and then the current one are revoked': (signs: string, next: string) => [
      next,
      signs,
    ],
  };
  for (const [what, toRevoke] of Object.entries(emergencies)) {
    test(`Codes, refresh tokens and secrets still give tokens while ${what}, and every node verifies them`, async (t) => {
      const [{ issuer } = assert.fail()] = nodes;
      const load = await prepareEmergencyLoad(issuer, nodes);
      await Promise.all(nodes.map(jwksWithNext));
      const [signs = '', next = ''] = await kidsAt(nodes[0] ?? assert.fail());
      const dead = toRevoke(signs, next);
      const asked = await load.during(async () => {
        for (const kid of dead) await operator.kill({ keyId: kid });
      });
      t.diagnostic(`${asked} answers after the switch`);
      for (const node of nodes) {
        const kids = await kidsAt(node);
        for (const kid of dead) assert.ok(!kids.includes(kid));
      }
    });
  }
});
