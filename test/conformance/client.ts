/**
 * A client as the suite plays it: forms by hand, no PKCE unless asked for, and a person whose browser walks
 * through our pages.
 */
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../harness/user_agent.ts';
import { suiteUrl } from '../../scripts/conformance/setup.ts';
import { basic, postForm } from '../support/flows.ts';
import type { Conformance } from './issuer.ts';

type TokenAnswer = Awaited<ReturnType<typeof postForm>>;
export type IdToken = { header: ReturnType<typeof decodeProtectedHeader>; claims: JWTPayload };

type SignedIn = {
  agent: UserAgent;
  /** What the authorization response brought. */
  callback: URLSearchParams;
  answer: TokenAnswer;
  accessToken: string;
  idToken: IdToken;
};

type Options = {
  clientId?: string;
  agent?: UserAgent;
  /** Of the authorization request, besides what every request has. */
  parameters?: Record<string, string>;
};

export function createSuiteClient({ setup }: Conformance) {
  const { issuer, secret, person } = setup;
  const redirectUri = suiteUrl(setup, 'callback');

  const authorizationUrl = (parameters: Record<string, string>, clientId = 'one') =>
    `${issuer}/authorize?${new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      state: 'state-1',
      nonce: 'nonce-1',
      ...parameters,
    })}`;

  const authorize = async ({ clientId, agent, parameters = {} }: Options = {}) => {
    const browser = agent ?? createUserAgent();
    const url = authorizationUrl(parameters, clientId);
    return (await walkToClient(browser, url, redirectUri, { person })).searchParams;
  };

  const token = (fields: Record<string, string>, clientId = 'one') =>
    postForm(`${issuer}/token`, fields, { authorization: basic(clientId, secret) });

  const redeem = (code: string | null, clientId?: string) =>
    token(
      { grant_type: 'authorization_code', code: code ?? '', redirect_uri: redirectUri },
      clientId,
    );

  return {
    redirectUri,
    authorizationUrl,
    authorize,
    token,
    redeem,
    async signIn({ clientId, agent = createUserAgent(), parameters }: Options = {}) {
      const options = { agent, ...(clientId && { clientId }), ...(parameters && { parameters }) };
      const callback = await authorize(options);
      const answer = await redeem(callback.get('code'), clientId);
      const { access_token: accessToken, id_token: idToken } = answer.body;
      const signedIn: SignedIn = {
        agent,
        callback,
        answer,
        accessToken: String(accessToken),
        idToken: readIdToken(String(idToken)),
      };
      return signedIn;
    },
    async userinfo(accessToken: string, init: RequestInit = {}) {
      const headers = { authorization: `Bearer ${accessToken}` };
      const response = await fetch(`${issuer}/userinfo`, { headers, ...init });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

export function readIdToken(jwt: string): IdToken {
  return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) };
}
