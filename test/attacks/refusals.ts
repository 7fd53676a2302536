/**
 * POSTs that are expected to be refused: with a status and a text that are in order whatever is wrong.
 */
import assert from 'node:assert/strict';

type Body = string | URLSearchParams | ReadableStream;
type Headers = Record<string, string>;

export type Refusals = {
  /** Sends a form (or what passes for one). Throws unless the answer is a refusal, or leads to a page of ours. */
  post(path: string, body: Body, headers?: Headers): Promise<{ status: number; text: string }>;
  /** The status of an error by RFC 6749 section 5.2; throws for any other answer. */
  oauthError(path: string, body: Body, headers?: Headers): Promise<number>;
};

export const form = 'application/x-www-form-urlencoded';
export const formEndpoints = ['/token', '/introspect', '/revoke', '/par', '/device_authorization'];

export function createRefusals(issuer: () => string): Refusals {
  const post = async (path: string, body: Body, headers: Headers = {}) => {
    const url = `${issuer()}${path}`;
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': form, ...headers },
      redirect: 'manual',
      duplex: 'half',
    } as RequestInit);
    const text = await answer.text();
    // 303: to the same page of our own, to begin anew.
    const location = answer.headers.get('location') ?? path;
    assert.ok(location.startsWith('/') || location.startsWith(`${issuer()}/device`), path);
    assert.ok(answer.status >= 300 && answer.status < 500, `${path}: ${answer.status}`);
    assert.doesNotMatch(text, /\bat .*\.(ts|js):\d+|node_modules|Error:/, path);
    return { status: answer.status, text };
  };
  const oauthError = async (path: string, body: Body, headers?: Headers) => {
    const { status, text } = await post(path, body, headers);
    const { error, error_description } = JSON.parse(text);
    assert.match(error, /^invalid_(request|client|token|grant)$/, `${path}: ${text}`);
    assert.match(error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, path);
    return status;
  };
  return { post, oauthError };
}
