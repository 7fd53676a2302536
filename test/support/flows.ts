/**
 * Whole flows: one server for the tests of a suite, the same suite on each engine.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts';
import { eachEngine, onSqlite, type TestStores } from './stores.ts';

type Options = Omit<TestServerOptions, 'store'>;
type Define = (server: () => TestServer) => void;

/**
 * Defines the same tests for a server on each engine. The server is there when a test runs, not while tests
 * are defined.
 */
export async function eachServer(options: Options, define: Define): Promise<void> {
  await eachEngine((stores) => serverOn(stores, options, define));
}

/** The half of `eachServer` on SQLite, for what has nothing to do with the store. */
export function sqliteServer(options: Options, define: Define): void {
  onSqlite((stores) => serverOn(stores, options, define));
}

/** The lines of a log that tell of a failure. */
export function failuresOf(logged: string): string[] {
  return logged.split('\n').filter((line) => /^\{"level":"(error|fatal)"/.test(line));
}

function serverOn(stores: TestStores, options: Options, define: Define): void {
  let running: TestServer | undefined;
  before(async () => {
    running = await startTestServer({ ...options, store: await stores.freshUrl() });
  });
  after(async () => {
    await running?.close();
    // Whatever a test sent, the server never failed over it.
    assert.deepEqual(failuresOf(running?.logged() ?? ''), []);
  });
  define(() => {
    if (!running) throw new Error('the server runs only while tests do');
    return running;
  });
}

/** The answer to a form by POST: status, headers, JSON body (empty: undefined). */
export async function postForm(
  url: string,
  fields: Record<string, string> | URLSearchParams | [string, string][],
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : {},
  };
}

/** The value of an Authorization header (RFC 6749 section 2.3.1). */
export function basic(clientId: string, secret: string): string {
  const encoded = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}

export type AuthorizationAnswer = {
  status: number;
  /** Where the browser is sent; undefined: it stays on a page. */
  location: URL | undefined;
  html: string;
};

/** The authorization endpoint's first answer to a browser that holds no cookies. */
export async function requestAuthorization(
  issuer: string,
  parameters: Record<string, string> | [string, string][],
): Promise<AuthorizationAnswer> {
  const url = `${issuer}/authorize?${new URLSearchParams(parameters)}`;
  const response = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } });
  const location = response.headers.get('location');
  return {
    status: response.status,
    location: location === null ? undefined : new URL(location, issuer),
    html: await response.text(),
  };
}
