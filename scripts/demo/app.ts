/**
 * The demonstration app: a web page that signs a person in through Cardea (authorization code, PKCE) with
 * openid-client, shows what it learned, and calls the demonstration API. Sessions live in memory.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as oidc from 'openid-client';
import { homePage, messagePage, signedInPage } from './pages.ts';

type Session = {
  verifier?: string;
  state?: string;
  nonce?: string;
  tokens?: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;
};

const cookieName = 'demo_session';
const scope = 'openid profile email offline_access orders:read';

export async function startDemoApp({
  issuer,
  port,
  api,
}: {
  issuer: string;
  port: number;
  api: string;
}): Promise<Server> {
  const origin = `http://localhost:${port}`;
  const sessions = new Map<string, Session>();
  let discovered: oidc.Configuration | undefined;

  /** Discovered at the first request: the app may start before Cardea does. */
  const configuration = async () => {
    discovered ??= await oidc.discovery(new URL(issuer), 'shop', undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });
    return discovered;
  };

  const sessionOf = (request: IncomingMessage, response: ServerResponse): Session => {
    const known = new RegExp(`${cookieName}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    const session = known && sessions.get(known);
    if (session) return session;
    const id = randomUUID();
    sessions.set(id, {});
    response.setHeader('set-cookie', `${cookieName}=${id}; HttpOnly; SameSite=Lax; Path=/`);
    return sessions.get(id) ?? {};
  };

  const signIn = async (session: Session) => {
    session.verifier = oidc.randomPKCECodeVerifier();
    session.state = oidc.randomState();
    session.nonce = oidc.randomNonce();
    return oidc.buildAuthorizationUrl(await configuration(), {
      redirect_uri: `${origin}/callback`,
      scope,
      state: session.state,
      nonce: session.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(session.verifier),
      code_challenge_method: 'S256',
      prompt: 'consent',
    });
  };

  const callback = async (session: Session, url: URL) => {
    session.tokens = await oidc.authorizationCodeGrant(await configuration(), url, {
      pkceCodeVerifier: session.verifier,
      expectedState: session.state,
      expectedNonce: session.nonce,
    });
  };

  const callApi = async (session: Session) => {
    const response = await fetch(`${api}/orders`, {
      headers: { authorization: `Bearer ${session.tokens?.access_token}` },
    });
    return { status: response.status, body: await response.json() };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', origin);
    const session = sessionOf(request, response);
    const redirect = (location: string) => response.writeHead(303, { location }).end();
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /':
        if (!session.tokens) return show(response, homePage());
        return show(response, signedInPage(session.tokens, await callApi(session)));
      case 'GET /sign-in':
        return redirect((await signIn(session)).href);
      case 'GET /callback':
        if (url.searchParams.has('error')) {
          return show(response, messagePage(String(url.searchParams.get('error'))));
        }
        await callback(session, url);
        return redirect('/');
      case 'POST /refresh':
        session.tokens = {
          ...session.tokens,
          ...(await oidc.refreshTokenGrant(
            await configuration(),
            session.tokens?.refresh_token ?? '',
          )),
        };
        return redirect('/');
      case 'POST /sign-out': {
        const hint = session.tokens?.id_token;
        session.tokens = undefined;
        return redirect(
          oidc.buildEndSessionUrl(await configuration(), {
            post_logout_redirect_uri: `${origin}/`,
            ...(hint && { id_token_hint: hint }),
          }).href,
        );
      }
      default:
        response.writeHead(404).end();
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => show(response, messagePage(error.message)));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function show(response: ServerResponse, html: string): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(html);
}
