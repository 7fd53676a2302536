/**
 * The demonstration app: a web page that signs a person in through Cardea, shows what it learned, and calls
 * the demonstration API. Sessions live in memory.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createDemoClient, explain, type SignedIn, type SignInRequest } from './client.ts';
import { homePage, messagePage, signedInPage } from './pages.ts';

type Session = { request?: SignInRequest; person?: SignedIn };

const cookieName = 'demo_session';
const stylesheet = readFileSync(new URL('./app.css', import.meta.url));

/** Listens on loopback. `api`: the demonstration API's address. */
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
  const client = createDemoClient({ issuer, origin });
  const sessions = new Map<string, Session>();

  const sessionOf = (request: IncomingMessage): Session | undefined => {
    const id = new RegExp(`${cookieName}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    return id === undefined ? undefined : sessions.get(id);
  };

  const newSession = (response: ServerResponse): Session => {
    const id = randomUUID();
    const session: Session = {};
    sessions.set(id, session);
    response.setHeader('set-cookie', `${cookieName}=${id}; HttpOnly; SameSite=Lax; Path=/`);
    return session;
  };

  /** Each request is answered once: what it expected is forgotten before anything else. */
  const receive = async (session: Session, answer: URL) => {
    const { request } = session;
    if (!request) throw new Error('This sign-in was not started here.');
    delete session.request;
    session.person = await client.receive(request, answer);
  };

  const refresh = async (session: Session) => {
    const { person } = session;
    if (!person) throw new Error('You are not signed in.');
    delete session.person;
    session.person = await client.refresh(person);
  };

  const revoke = async ({ person }: Session) => {
    if (!person) throw new Error('You are not signed in.');
    person.revocation = await client.revoke(person);
  };

  const signOut = async (session: Session) => {
    const { person } = session;
    delete session.person;
    return client.signOutUrl(person);
  };

  const callApi = async (accessToken: string) => {
    const response = await fetch(`${api}/orders`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    return { status: response.status, body: await response.json() };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', origin);
    const session = sessionOf(request) ?? {};
    const redirect = (location: string) => response.writeHead(303, { location }).end();
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /': {
        const { person } = session;
        if (!person) return show(response, homePage());
        return show(response, signedInPage(person, await callApi(person.accessToken)));
      }
      case 'GET /app.css':
        return response.writeHead(200, { 'content-type': 'text/css' }).end(stylesheet);
      case 'GET /sign-in': {
        const started = sessionOf(request) ?? newSession(response);
        started.request = client.newRequest();
        return redirect(await client.signInUrl(started.request));
      }
      case 'GET /callback':
        await receive(session, url);
        return redirect('/');
      case 'POST /refresh':
        await refresh(session);
        return redirect('/');
      case 'POST /revoke':
        await revoke(session);
        return redirect('/');
      case 'POST /sign-out':
        return redirect(await signOut(session));
      default:
        return show(response, messagePage({ title: 'There is nothing here' }), 404);
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      const { status, ...message } = explain(error);
      show(response, messagePage(message), status);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function show(response: ServerResponse, html: string, status = 200): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  });
  response.end(html);
}
