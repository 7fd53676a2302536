/**
 * Tokens that machines get, and what they do with them.
 */

import { createRawRequester } from '../../../harness/raw_requester.ts';
import { tokenExchange } from '../../../src/definitions/oauth.ts';
import { api, opaqueApi } from '../declaration.ts';
import { connections, type Load } from '../load/load.ts';
import { formRequest } from '../load/request.ts';
import type { RunningServer } from '../servers/running_server.ts';

/** More than one, as callers have, so that what is remembered of one is not all there is. */
const tokensInUse = 1000;
/** At least as many as a fast machine manages would be used up too early; more take longer to prepare. */
const revocationsASecond = 2000;

export async function serviceToken({ endpoints }: RunningServer): Promise<Load> {
  return { repeat: [credentials(endpoints.token, 'job')], shows: '"access_token":"ey' };
}

export async function unsignedToken(): Promise<Load> {
  return { repeat: [credentials('/unsigned', 'job')], shows: '"access_token":"ey' };
}

/** Of the client's own token, for the same scope. */
export async function exchange(server: RunningServer): Promise<Load> {
  const { token } = server.endpoints;
  const subjects = await issueTokens(server, 'job', tokensInUse);
  const form = (subject: string) => ({
    grant_type: tokenExchange,
    subject_token: subject,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: 'orders:read',
  });
  return {
    repeat: subjects.map((subject) => formRequest(token, 'job', form(subject))),
    shows: '"access_token":"ey',
  };
}

export function introspectJwt(server: RunningServer): Promise<Load> {
  return introspect(server, 'job', api.client_id);
}

export function introspectOpaque(server: RunningServer): Promise<Load> {
  return introspect(server, 'notes-job', opaqueApi.client_id);
}

/** Each token once, by the client that it was issued to. */
export async function revoke(server: RunningServer, seconds: number): Promise<Load> {
  const tokens = await issueTokens(server, 'job', seconds * revocationsASecond);
  return {
    once: tokens.map((token) => formRequest('/revoke', 'job', { token })),
    shows: '"revoked":true',
  };
}

async function introspect(server: RunningServer, holder: string, asker: string): Promise<Load> {
  const tokens = await issueTokens(server, holder, tokensInUse);
  const { introspection } = server.endpoints;
  return {
    repeat: tokens.map((token) => formRequest(introspection, asker, { token })),
    shows: '"active":true',
  };
}

export async function issueTokens(
  { url, endpoints }: RunningServer,
  clientId: string,
  amount: number,
): Promise<string[]> {
  const requester = await createRawRequester(url, connections);
  const request = credentials(endpoints.token, clientId);
  const tokens: string[] = [];
  let begun = 0;
  const connection = async (index: number) => {
    while (begun < amount) {
      begun += 1;
      const { body } = await requester.send(index, request);
      tokens.push(JSON.parse(body).access_token);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));
  requester.close();
  return tokens;
}

function credentials(path: string, clientId: string): string {
  return formRequest(path, clientId, { grant_type: 'client_credentials' });
}
