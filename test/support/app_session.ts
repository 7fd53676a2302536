/**
 * A client app whose person stays signed in: any number of codes without another visit to the sign-in page,
 * and requests to whichever node a test wants to ask.
 */

import { type Person, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../harness/user_agent.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import { basic, postForm } from './flows.ts';
import { callbackUri } from './relying_party.ts';

/** Where to ask. */
export type Node = { url: string };
export type Answer = Awaited<ReturnType<typeof postForm>>;
export type Code = { code: string; verifier: string };
export type TokenSet = { accessToken: string; refreshToken: string; idToken: string };

export type AppSession = {
  agent: UserAgent;
  /** From the authorization endpoint; `parameters` besides what every request has. */
  newCode(parameters?: Record<string, string>): Promise<Code>;
  redeem(node: Node, code: Code): Promise<Answer>;
  refresh(node: Node, refreshToken: string): Promise<Answer>;
  revoke(node: Node, token: string): Promise<Answer>;
  /** A code, redeemed. Throws when that fails. */
  newTokens(node: Node, parameters?: Record<string, string>): Promise<TokenSet>;
  /** The parameters of an authorization request for this code verifier. */
  request(verifier: string): Record<string, string>;
};

export type AppSessionOptions = {
  issuer: string;
  clientId: string;
  scope: string;
  /** Absent: a public client. */
  secret?: string;
  redirectUri?: string;
  person?: Person;
  /** Default: one of its own. */
  agent?: UserAgent;
};

export function createAppSession({
  issuer,
  clientId,
  scope,
  secret,
  redirectUri = callbackUri,
  person,
  agent = createUserAgent(),
}: AppSessionOptions): AppSession {
  const post = (node: Node, path: string, fields: Record<string, string>) =>
    secret === undefined
      ? postForm(`${node.url}${path}`, { client_id: clientId, ...fields })
      : postForm(`${node.url}${path}`, fields, { authorization: basic(clientId, secret) });

  const session: AppSession = {
    agent,
    request: (verifier) => ({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      code_challenge: sha256(verifier),
      code_challenge_method: 'S256',
    }),
    async newCode(parameters = {}) {
      const verifier = randomId(32);
      const query = new URLSearchParams({ ...session.request(verifier), ...parameters });
      const url = `${issuer}/authorize?${query}`;
      const callback = await walkToClient(agent, url, redirectUri, { ...(person && { person }) });
      const code = callback.searchParams.get('code');
      if (!code) throw new Error(`no code: ${callback}`);
      return { code, verifier };
    },
    redeem: (node, { code, verifier }) =>
      post(node, '/token', {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: redirectUri,
      }),
    refresh: (node, refreshToken) =>
      post(node, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    revoke: (node, token) => post(node, '/revoke', { token }),
    newTokens: async (node, parameters) =>
      tokensOf(await session.redeem(node, await session.newCode(parameters))),
  };
  return session;
}

/** Of a token response; throws for any other. */
export function tokensOf({ status, body }: Answer): TokenSet {
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return {
    accessToken: String(body.access_token),
    refreshToken: String(body.refresh_token),
    idToken: String(body.id_token),
  };
}

/** Asks `count` times at once, the nodes in turn. */
export function inParallel<T>(
  count: number,
  nodes: readonly Node[],
  ask: (node: Node, index: number) => Promise<T>,
): Promise<T[]> {
  const asked = Array.from({ length: count }, (_, index) => {
    const node = nodes[index % nodes.length];
    if (!node) throw new Error('no node');
    return ask(node, index);
  });
  return Promise.all(asked);
}

/** How many answers had this status and error, for example `{ '200': 1, '400 invalid_grant': 49 }`. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = body.error === undefined ? String(status) : `${status} ${body.error}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
