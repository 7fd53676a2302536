/**
 * GitHub as it documents itself, for people to sign in with: in the form of an Enterprise Server, whose API is below
 * `/api/v3` of its own address. One OAuth app, and a person who agrees to everything.
 * https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
 */
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { redirect, sendJson, startAnsweringServer } from './answering_server.ts';

type GitHubAddress = { email: string; primary: boolean; verified: boolean };

/** What it answers from now on. */
export type GitHubState = {
  user: { id: number; login: string; name: string | null; email: string | null };
  emails: GitHubAddress[];
  /** The person clicks Cancel. */
  denies: boolean;
  /** An error of the token endpoint, which has status 200 there. */
  tokenError: 'bad_verification_code' | 'incorrect_client_credentials' | undefined;
  /** The person or an organisation has not let the app see the addresses. */
  hidesEmails: boolean;
};

export type GitHub = {
  issuer: string;
  clientId: string;
  clientSecret: string;
  state: GitHubState;
  /** Method and path of each request so far. */
  requests: readonly string[];
  close(): Promise<void>;
};

const clientId = 'Iv1.0123456789abcdef';
const clientSecret = 'the-secret-of-cardea-at-github-0123456789';

type Code = { challenge: string; redirectUri: string };

export async function startGitHub({ redirectUri }: { redirectUri: string }): Promise<GitHub> {
  const codes = new Map<string, Code>();
  const tokens = new Set<string>();
  const state: GitHubState = {
    user: { id: 583231, login: 'octocat', name: 'The Octocat', email: null },
    emails: [
      { email: 'octocat@users.noreply.github.com', primary: false, verified: true },
      { email: 'octocat@github.example', primary: true, verified: true },
    ],
    ...{ denies: false, tokenError: undefined, hidesEmails: false },
  };

  const authorize = (query: URLSearchParams, response: ServerResponse) => {
    const to = new URL(query.get('redirect_uri') ?? redirectUri);
    if (query.get('client_id') !== clientId || to.href !== redirectUri) {
      return void response.writeHead(404).end();
    }
    to.searchParams.set('state', query.get('state') ?? '');
    if (state.denies) {
      to.searchParams.set('error', 'access_denied');
      to.searchParams.set('error_description', 'The user has denied your application access.');
      return redirect(response, to);
    }
    const code = randomBytes(10).toString('hex');
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri: to.href });
    to.searchParams.set('code', code);
    redirect(response, to);
  };

  /** Errors have status 200, too; a form unless JSON is asked for. */
  const token = (body: URLSearchParams, accept: string, response: ServerResponse) => {
    const answer = tokenOf(body);
    if (accept.includes('application/json')) return sendJson(response, answer);
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    response.writeHead(200, headers).end(String(new URLSearchParams(answer)));
  };

  const tokenOf = (body: URLSearchParams): Record<string, string> => {
    const isClient =
      body.get('client_id') === clientId && body.get('client_secret') === clientSecret;
    if (!isClient) return failure('incorrect_client_credentials');
    if (state.tokenError) return failure(state.tokenError);
    const code = body.get('code') ?? '';
    const begun = codes.get(code);
    codes.delete(code);
    const verifier = body.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (begun?.challenge !== challenge) return failure('bad_verification_code');
    const accessToken = `gho_${randomBytes(18).toString('hex')}`;
    tokens.add(accessToken);
    return { access_token: accessToken, scope: 'read:user,user:email', token_type: 'bearer' };
  };

  const server = await startAnsweringServer((request, response, body) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const place = `${request.method} ${pathname}`;
    if (place === 'GET /login/oauth/authorize') return authorize(searchParams, response);
    if (place === 'POST /login/oauth/access_token') {
      return token(new URLSearchParams(body), request.headers.accept ?? '', response);
    }
    const [, bearer = ''] =
      /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (!tokens.has(bearer)) return sendJson(response, { message: 'Bad credentials' }, 401);
    // https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent
    if (!request.headers['user-agent']) return void response.writeHead(403).end();
    if (place === 'GET /api/v3/user') return sendJson(response, { ...state.user, type: 'User' });
    if (place === 'GET /api/v3/user/emails' && !state.hidesEmails) {
      return sendJson(response, state.emails);
    }
    sendJson(response, { message: 'Not Found' }, 404);
  });

  return {
    ...{ issuer: server.url, clientId, clientSecret, state },
    requests: server.requests,
    close: server.close,
  };
}

const descriptions = {
  bad_verification_code: 'The code passed is incorrect or expired.',
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
};

function failure(error: keyof typeof descriptions): Record<string, string> {
  return { error, error_description: descriptions[error] };
}
