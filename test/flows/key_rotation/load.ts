/**
 * Client-credentials tokens from several nodes without pause, while verifiers check every one of them as
 * resource servers do: each knows the JWKS of one node, and fetches it again only when it meets a new kid.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Node } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { api, apiSecret, serviceSecret } from './configuration.ts';

export type RotationReport = {
  tokens: number;
  /** In the order in which they were met. */
  kids: string[];
  /** How often the verifiers that check every token fetched their JWKS, all together. */
  fetches: number;
  /** What went wrong, in words. */
  failures: string[];
};

export type LoadOptions = {
  issuer: string;
  nodes: readonly Node[];
  seconds: number;
  /** How many ask at the same time. */
  askers: number;
  /** Milliseconds between two requests of one asker. */
  pauseMs: number;
};

/** Every so often a token is also introspected, and looked up in every node's JWKS of the moment. */
const closerLookEvery = 10;

export async function loadUnderRotation(options: LoadOptions): Promise<RotationReport> {
  const { issuer, nodes, seconds, askers, pauseMs } = options;
  const kids = new Set<string>();
  const failures: string[] = [];
  const kept: string[] = [];
  let tokens = 0;
  let fetches = 0;

  const newVerifier = ({ url }: Node, onFetch = () => {}) => {
    const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), {
      cooldownDuration: 0,
      cacheMaxAge: Number.POSITIVE_INFINITY,
      [customFetch]: (...request: Parameters<typeof fetch>) => {
        onFetch();
        return fetch(...request);
      },
    });
    const expected = { issuer, audience: api, typ: 'at+jwt', algorithms: ['RS256'] };
    return (token: string) => jwtVerify(token, keys, expected);
  };
  const verifiers = nodes.map((node) =>
    newVerifier(node, () => {
      fetches += 1;
    }),
  );
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const verifyEverywhere = (token: string, by: typeof verifiers) =>
    Promise.all(by.map((verify, index) => attempt(`verifier ${index}`, () => verify(token))));
  const lookClosely = (token: string) =>
    Promise.all([
      verifyEverywhere(
        token,
        nodes.map((node) => newVerifier(node)),
      ),
      ...nodes.map(({ url }) =>
        attempt(`introspection at ${url}`, async () => {
          const authorization = basic('orders-api', apiSecret);
          const { body } = await postForm(`${url}/introspect`, { token }, { authorization });
          if (body.active !== true) throw new Error(JSON.stringify(body));
        }),
      ),
    ]);

  const ask = async ({ url }: Node) => {
    const answer = await postForm(
      `${url}/token`,
      { grant_type: 'client_credentials' },
      { authorization: basic('service', serviceSecret) },
    );
    const token = String(answer.body.access_token);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    tokens += 1;
    const { kid } = decodeProtectedHeader(token);
    if (kid && !kids.has(kid)) {
      kids.add(kid);
      kept.push(token);
    }
    await verifyEverywhere(token, verifiers);
    if (tokens % closerLookEvery === 0) await lookClosely(token);
  };

  const end = performance.now() + seconds * 1000;
  const askUntilTheEnd = async (index: number) => {
    for (let turn = index; performance.now() < end; turn += 1) {
      const node = nodes[turn % nodes.length];
      if (node) await attempt(`token at ${node.url}`, () => ask(node));
      await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: askers }, (_, index) => askUntilTheEnd(index)));
  // Tokens of every key so far are still good, for whoever looks for the first time.
  for (const token of kept) await lookClosely(token);
  return { tokens, kids: [...kids], fetches, failures };
}
