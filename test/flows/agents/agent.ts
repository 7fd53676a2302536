/** What an agent does at Cardea, knowing its client id: sends a person to sign in, redeems, refreshes. */
import assert from 'node:assert/strict';
import * as openid from 'openid-client';
import { type Choices, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { postForm } from '../../support/flows.ts';
import { scope, tools } from './configuration.ts';

export const verifier = openid.randomPKCECodeVerifier();
const challenge = await openid.calculatePKCECodeChallenge(verifier);

export type Tokens = { access_token: string; refresh_token: string };

/** The address that the agent opens in the browser. */
export function requestOf(issuer: string, parameters: Record<string, string>): string {
  const request = new URLSearchParams({
    ...{ response_type: 'code', scope, resource: tools },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', ...parameters },
  });
  return `${issuer}/authorize?${request}`;
}

/** Signs a person in and redeems the code. */
export async function connect(
  issuer: string,
  { clientId, redirectUri }: { clientId: string; redirectUri: string },
  { agent = createUserAgent(), ...choices }: Choices & { agent?: UserAgent } = {},
): Promise<Tokens> {
  const request = requestOf(issuer, { client_id: clientId, redirect_uri: redirectUri });
  const callback = await walkToClient(agent, request, redirectUri, choices);
  const code = callback.searchParams.get('code');
  assert.ok(code, callback.href);
  const answer = await redeem(issuer, { clientId, redirectUri, code });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as Tokens;
}

export function redeem(
  issuer: string,
  { clientId, redirectUri, code }: { clientId: string; redirectUri: string; code: string },
) {
  return postForm(`${issuer}/token`, {
    ...{ grant_type: 'authorization_code', code, code_verifier: verifier },
    ...{ client_id: clientId, redirect_uri: redirectUri, resource: tools },
  });
}

export function refresh(issuer: string, clientId: string, token: string) {
  return postForm(`${issuer}/token`, {
    ...{ grant_type: 'refresh_token', refresh_token: token, client_id: clientId },
    resource: tools,
  });
}
