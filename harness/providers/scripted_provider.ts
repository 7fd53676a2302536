/**
 * An OpenID provider that behaves as a test wants it to: well at first, and badly where it is told so. It signs in
 * whoever comes.
 */
import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Answer, redirect, sendJson, startAnsweringServer } from './answering_server.ts';

export type Script = {
  /** Members of the metadata that are other than usual; undefined leaves one out. */
  metadata: Record<string, unknown>;
  /** Claims of the ID token that are other than usual; undefined leaves one out. */
  claims: Record<string, unknown>;
  header: Record<string, unknown>;
  /** What userinfo answers besides `sub`. */
  userinfo: Record<string, unknown>;
  /** Parameters of the redirect back that are other than usual; undefined leaves one out. */
  callback: Record<string, string | undefined>;
  /** Made of the finished ID token. */
  forge: (idToken: string) => string | undefined | Promise<string>;
  /** Answers this path in its own way: `/token`. */
  answers: Record<string, Answer>;
};

export type ScriptedProvider = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** A code whose ID token has this nonce, for an authorization endpoint of the script. */
  codeFor(nonce: string): string;
  /** From now on, beside what it said before. */
  script(change: Partial<Script>): void;
  /** Well again. */
  reset(): void;
  requests: readonly string[];
  close(): Promise<void>;
};

const clientId = 'cardea';
const clientSecret = 'the-secret-of-cardea-at-the-scripted-provider';
const goodScript: Script = {
  ...{ metadata: {}, claims: {}, header: {}, userinfo: {}, callback: {}, answers: {} },
  forge: (idToken) => idToken,
};

/** `sub`: who signs in. */
export async function startScriptedProvider({ sub }: { sub: string }): Promise<ScriptedProvider> {
  const published = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(published.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const nonces = new Map<string, string>();
  let script = goodScript;

  const codeFor = (nonce: string) => {
    const code = randomBytes(16).toString('hex');
    nonces.set(code, nonce);
    return code;
  };

  const authorize: Answer = (request, response) => {
    const { searchParams: query } = new URL(request.url ?? '', 'http://localhost');
    const code = codeFor(query.get('nonce') ?? '');
    const to = new URL(query.get('redirect_uri') ?? '');
    const usual = { code, state: query.get('state') ?? '', iss: server.url };
    for (const [name, value] of Object.entries({ ...usual, ...script.callback })) {
      if (value !== undefined) to.searchParams.set(name, value);
    }
    redirect(response, to);
  };

  const idTokenFor = (nonce: string | undefined) => {
    const seconds = Math.floor(Date.now() / 1000);
    const times = { iat: seconds, exp: seconds + 300, auth_time: seconds };
    const claims = { iss: server.url, sub, aud: clientId, nonce, ...times, ...script.claims };
    return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
      .setProtectedHeader({ alg: 'RS256', kid: 'one', ...script.header })
      .sign(published.privateKey);
  };

  const token: Answer = async (_request, response, body) => {
    const nonce = nonces.get(new URLSearchParams(body).get('code') ?? '');
    const idToken = await script.forge(await idTokenFor(nonce));
    const access = { access_token: 'access', token_type: 'Bearer', expires_in: 60 };
    sendJson(response, { ...access, id_token: idToken });
  };

  const usual: Record<string, Answer> = {
    '/.well-known/openid-configuration': (_request, response) =>
      sendJson(response, { ...metadataOf(server.url), ...script.metadata }),
    '/jwks': (_request, response) => sendJson(response, { keys: [jwk] }),
    '/authorize': authorize,
    '/token': token,
    '/userinfo': (_request, response) => sendJson(response, { sub, ...script.userinfo }),
  };

  const server = await startAnsweringServer((request, response, body) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const answer = script.answers[path] ?? usual[path];
    if (answer) return answer(request, response, body);
    response.writeHead(404).end();
  });

  return {
    ...{ issuer: server.url, clientId, clientSecret, requests: server.requests },
    codeFor,
    script(change) {
      script = { ...script, ...change };
    },
    reset() {
      script = goodScript;
    },
    close: server.close,
  };
}

function metadataOf(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  };
}
