/**
 * People and services that go on asking both nodes for tokens while a signing key is revoked, and take none on
 * trust: each is verified by the JWKS that either node serves at that moment.
 */
import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import {
  type Answer,
  type AppSession,
  type Code,
  createAppSession,
  type Node,
  tokensOf,
} from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { orders, scope, serviceSecret } from './configuration.ts';
import { jwksOf } from './lists.ts';

/** The switch is thrown after so many answers, and the load goes on for so many more. */
const before = 20;
const afterwards = 40;
const codesOfNode = 12;
/** An answer that left a node before the acknowledgement may be read after it, and nobody can tell. */
const onTheWayMs = 50;

export type EmergencyLoad = {
  /** Fails with what was not answered with tokens, or with tokens that are dead. Answers how many were asked after. */
  during(revoke: () => Promise<void>): Promise<number>;
};

export async function prepareEmergencyLoad(
  issuer: string,
  nodes: readonly Node[],
): Promise<EmergencyLoad> {
  const app = createAppSession({ issuer, clientId: 'app', scope });
  // The person signs in; the session is there for the codes that follow.
  await codesFor(app, 1);

  return {
    async during(revoke) {
      const codes = await codesFor(app, codesOfNode * nodes.length);
      let answered = 0;
      let revokedAt = Number.POSITIVE_INFINITY;
      let since = 0;
      let revoking: Promise<void> | undefined;

      const ask = async (request: () => Promise<Answer>): Promise<Answer> => {
        const sentAt = performance.now();
        const answer = await request();
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        answered += 1;
        if (answered >= before) {
          revoking ??= revoke().then(() => {
            revokedAt = performance.now();
          });
        }
        const isAfter = sentAt > revokedAt || performance.now() > revokedAt + onTheWayMs;
        if (!isAfter) return answer;
        since += 1;
        const { access_token, id_token } = answer.body;
        await verifyEverywhere(nodes, issuer, [access_token, id_token]);
        return answer;
      };
      const isOver = () => since >= afterwards;

      const askForService = async (node: Node) => {
        while (!isOver()) {
          await ask(() =>
            postForm(
              `${node.url}/token`,
              { grant_type: 'client_credentials', resource: orders },
              { authorization: basic('service', serviceSecret) },
            ),
          );
        }
      };
      const refreshAgain = async (node: Node, code: Code) => {
        let answer = await ask(() => app.redeem(node, code));
        while (!isOver()) {
          const { refreshToken } = tokensOf(answer);
          answer = await ask(() => app.refresh(node, refreshToken));
        }
      };
      const redeemAll = async (node: Node) => {
        for (let code = codes.pop(); code; code = codes.pop()) {
          const redeemed = code;
          await ask(() => app.redeem(node, redeemed));
        }
      };
      await Promise.all(
        nodes.flatMap((node) => {
          const code = codes.pop() ?? assert.fail();
          return [askForService(node), refreshAgain(node, code), redeemAll(node)];
        }),
      );
      await revoking;
      return since;
    },
  };
}

async function codesFor(app: AppSession, count: number): Promise<Code[]> {
  const codes: Code[] = [];
  while (codes.length < count) codes.push(await app.newCode({ resource: orders }));
  return codes;
}

async function verifyEverywhere(nodes: readonly Node[], issuer: string, tokens: unknown[]) {
  for (const node of nodes) {
    const { jwks } = await jwksOf(node);
    for (const token of tokens.filter((one) => typeof one === 'string')) {
      const { kid } = decodeProtectedHeader(token);
      const kids = jwks.keys.map((key) => key.kid);
      assert.ok(kids.includes(kid), `a token of ${kid}, and ${node.url} publishes ${kids}`);
      await jwtVerify(token, createLocalJWKSet(jwks), { issuer });
    }
  }
}
