/** Two nodes and an operator on one store, and a record of what they issued: which of it must live, which be dead. */
import assert from 'node:assert/strict';
import { alice } from '../../../harness/sign_in.ts';
import { systemClock } from '../../../src/clock.ts';
import {
  type AppSession,
  createAppSession,
  type Node,
  type TokenSet,
} from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startNodes } from '../../support/nodes.ts';
import { apiSecret, declaration, orders, returns, scope, serviceSecret } from './configuration.ts';
import { claimOf, fetchList, revokedAt } from './lists.ts';
import { createOperator } from './operator.ts';

export async function openScene(url: string) {
  const [one, other] = await startNodes({ store: url, declaration });
  const operator = await createOperator(url, systemClock);
  /** What was issued by the tests so far, and whether it lives. */
  const dead = new Set<string>();
  const living = new Set<string>();

  const remember = (token: string) => {
    living.add(token);
    return token;
  };
  const serviceToken = async (node: Node, clientId = 'service', resource = orders) => {
    const { body } = await postForm(
      `${node.url}/token`,
      { grant_type: 'client_credentials', resource },
      { authorization: basic(clientId, serviceSecret) },
    );
    return remember(String(body.access_token));
  };
  const sessionOf = (person = alice, clientId = 'app', scopes = scope): AppSession =>
    createAppSession({ issuer: one.issuer, clientId, scope: scopes, person });
  const personTokens = async (session: AppSession, resource = orders): Promise<TokenSet> => {
    const tokens = await session.newTokens(one, { resource });
    remember(tokens.accessToken);
    return tokens;
  };
  const isActive = async (node: Node, token: string) => {
    const authorization = basic('orders-api', apiSecret);
    const { body } = await postForm(`${node.url}/introspect`, { token }, { authorization });
    return body.active;
  };
  /** These died just now, and nothing else did. */
  const assertOnly = async (...tokens: string[]) => {
    for (const token of tokens) {
      assert.ok(living.delete(token));
      dead.add(token);
    }
    // Revocations are taken in one after the other: with this one, all of those before are.
    const sentinel = await serviceToken(one, 'other-service', returns);
    const authorization = basic('other-service', serviceSecret);
    await postForm(`${one.url}/revoke`, { token: sentinel }, { authorization });
    living.delete(sentinel);
    dead.add(sentinel);
    for (const node of [one, other]) {
      await revokedAt(node, sentinel);
      await assertBits(node);
    }
  };
  const assertBits = async (node: Node) => {
    const uris = new Set([...dead, ...living].map((token) => claimOf(token)?.uri ?? ''));
    for (const uri of uris) {
      const list = (await fetchList(node, uri)) ?? assert.fail();
      const statusOf = (token: string) => {
        const claim = claimOf(token);
        return claim?.uri === uri ? list.statusAt(claim.idx) : undefined;
      };
      for (const token of dead) assert.notEqual(statusOf(token), 0, 'a dead token looks alive');
      for (const token of living) assert.notEqual(statusOf(token), 1, 'a living token looks dead');
    }
  };

  return {
    ...{ url, one, other, operator, dead, living },
    ...{ remember, serviceToken, sessionOf, personTokens, isActive, assertOnly, assertBits },
    async close(): Promise<void> {
      await Promise.all([one.close(), other.close()]);
      await operator.close();
    },
  };
}
