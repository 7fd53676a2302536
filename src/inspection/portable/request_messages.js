// @ts-check
/**
 * Requests to this server's endpoints, built step by step: as the messages that go over the wire, and as commands.
 * A secret is a name of a shell variable here (`$CLIENT_SECRET`); whoever sends the message puts it in.
 */

import { base64url } from './compact_token.js';

/** @typedef {'authorization_code' | 'client_credentials' | 'token_exchange' | 'api_key'} Flow */
/** @typedef {{ method: string, url: string, headers: [string, string][], fields: [string, string][] }} Message */
/** @typedef {{ name: 'authorize' | 'callback' | 'redeem' | 'token', message: Message }} Step */
/**
 * @typedef {{ flow: Flow, client_id: string, redirect_uri: string, scope: string, resource: string }} RequestFields
 */
/** @typedef {{ state: string, nonce: string, verifier: string, challenge: string }} Proofs */
/** @typedef {{ authorize: string, token: string }} Endpoints */

/** @type {Flow[]} */
const flows = ['authorization_code', 'client_credentials', 'token_exchange', 'api_key'];

/**
 * @param {string | undefined} name
 * @returns {Flow}
 */
export function flowOf(name) {
  return flows.find((flow) => flow === name) ?? 'authorization_code';
}

/** @type {Record<Flow, (keyof RequestFields)[]>} */
const needed = {
  authorization_code: ['client_id', 'redirect_uri'],
  client_credentials: ['client_id'],
  token_exchange: ['client_id'],
  api_key: [],
};

/**
 * The fields without which there is no such request.
 *
 * @param {RequestFields} fields
 */
export function missingFields(fields) {
  return needed[fields.flow].filter((name) => fields[name] === '');
}

/**
 * A fresh state, nonce and PKCE verifier with its challenge (RFC 7636 section 4).
 *
 * @returns {Promise<Proofs>}
 */
export async function newProofs() {
  const [state, nonce, verifier] = [random(16), random(16), random(32)];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return { state, nonce, verifier, challenge: base64url(new Uint8Array(digest)) };
}

/**
 * @param {RequestFields} fields
 * @param {Endpoints} endpoints
 * @param {Proofs} proofs
 * @returns {Step[]}
 */
export function buildSteps(fields, endpoints, proofs) {
  const { flow, client_id } = fields;
  if (flow === 'authorization_code') return personSteps(fields, endpoints, proofs);
  const subject = '$SUBJECT_TOKEN';
  /** @type {Record<Exclude<Flow, 'authorization_code'>, [string, string][]>} */
  const grants = {
    client_credentials: [['grant_type', 'client_credentials']],
    token_exchange: [
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['subject_token', subject],
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
    ],
    api_key: [
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['subject_token', subject],
      ['subject_token_type', 'urn:cardea:token-type:api_key'],
    ],
  };
  const message = post(endpoints.token, [...grants[flow], ...asked(fields)]);
  if (flow !== 'api_key') {
    message.headers.unshift([
      'Authorization',
      `Basic ${encodeURIComponent(client_id)}:$CLIENT_SECRET`,
    ]);
  }
  return [{ name: 'token', message }];
}

/**
 * RFC 6749 section 4.1 with PKCE. The code is known when the browser is back.
 *
 * @param {RequestFields} fields
 * @param {Endpoints} endpoints
 * @param {Proofs} proofs
 * @returns {Step[]}
 */
function personSteps(fields, endpoints, { state, nonce, verifier, challenge }) {
  const { client_id, redirect_uri } = fields;
  /** @type {[string, string][]} */
  const parameters = [
    ['response_type', 'code'],
    ['client_id', client_id],
    ['redirect_uri', redirect_uri],
    ...asked(fields),
    ['state', state],
    ['nonce', nonce],
    ['code_challenge', challenge],
    ['code_challenge_method', 'S256'],
  ];
  const query = new URLSearchParams(parameters);
  const answer = `${redirect_uri}${redirect_uri.includes('?') ? '&' : '?'}code=…&state=${state}&iss=…`;
  return [
    { name: 'authorize', message: get(`${endpoints.authorize}?${query}`) },
    { name: 'callback', message: get(answer) },
    {
      name: 'redeem',
      message: post(endpoints.token, [
        ['grant_type', 'authorization_code'],
        ['code', '$CODE'],
        ['redirect_uri', redirect_uri],
        ['client_id', client_id],
        ['code_verifier', verifier],
      ]),
    },
  ];
}

/**
 * @param {RequestFields} fields
 * @returns {[string, string][]}
 */
function asked({ scope, resource }) {
  return [
    .../** @type {[string, string][]} */ (scope ? [['scope', scope]] : []),
    .../** @type {[string, string][]} */ (resource ? [['resource', resource]] : []),
  ];
}

/**
 * @param {string} url
 * @returns {Message}
 */
function get(url) {
  return { method: 'GET', url, headers: [], fields: [] };
}

/**
 * @param {string} url
 * @param {[string, string][]} fields
 * @returns {Message}
 */
function post(url, fields) {
  return { method: 'POST', url, headers: [['Content-Type', formType]], fields };
}

const formType = 'application/x-www-form-urlencoded';

/**
 * The message as it goes over the wire, but for the form's fields, which are one to a line.
 *
 * @param {Message} message
 */
export function messageText({ method, url, headers, fields }) {
  const { host, pathname, search } = new URL(url);
  const head = [
    `${method} ${pathname}${search.replaceAll('&', '\n  &')} HTTP/1.1`,
    `Host: ${host}`,
  ];
  const lines = [...head, ...headers.map(([name, value]) => `${name}: ${headerText(value)}`)];
  if (fields.length === 0) return lines.join('\n');
  const body = fields.map(([name, value]) => `${name}=${encoded(value)}`).join('\n  &');
  return [...lines, '', body].join('\n');
}

/**
 * RFC 6749 section 2.3.1: what is encoded is shown as what it is made of.
 *
 * @param {string} value
 */
function headerText(value) {
  return value.replace(/^Basic (.*)$/, 'Basic base64($1)');
}

/**
 * The message as a command for a shell, which puts the secrets in.
 *
 * @param {Message} message
 */
export function curlText({ method, url, headers, fields }) {
  if (method === 'GET') return `curl -i ${quoted(url)}`;
  const basic = headers.find(([name]) => name === 'Authorization')?.[1].replace('Basic ', '');
  const parts = [
    `curl -i ${quoted(url)}`,
    ...(basic ? [`-u ${quoted(decodeURIComponent(basic))}`] : []),
    ...fields.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`),
  ];
  return parts.join(' \\\n  ');
}

/**
 * In double quotes where it names a variable, else in single ones, which the shell leaves alone.
 *
 * @param {string} text
 */
function quoted(text) {
  const [, before, name] = /^(.*)(\$(?:CLIENT_SECRET|SUBJECT_TOKEN|CODE))$/s.exec(text) ?? [];
  const single = `'${(before ?? text).replaceAll("'", "'\\''")}'`;
  return name === undefined ? single : `${before ? single : ''}"${name}"`;
}

/** @param {string} value */
function encoded(value) {
  return value.startsWith('$') ? value : new URLSearchParams([['', value]]).toString().slice(1);
}

/** @param {number} bytes */
function random(bytes) {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}
