/** What an app or a service really gets, in the words of a preview. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type Person, walkToClient } from '../../../harness/sign_in.ts';
import type { UserAgent } from '../../../harness/user_agent.ts';
import { randomId, sha256 } from '../../../src/digests.ts';
import { createProofKey } from '../../support/dpop_proof.ts';
import { basic, postForm } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { notes, orders, secret } from './scene.ts';

export type Asked = {
  clientId: string;
  api?: string | undefined;
  scopes: string[];
  claims?: object;
};
type Claims = Record<string, unknown>;
type Told = { header?: Claims; claims: Claims };
export type Outcome =
  | { refusal: { error: unknown; description: unknown } }
  | { scope: string; idToken?: Told; accessToken: Told; userinfo?: Claims; refreshToken: boolean };

const told = (jwt: string): Told => ({
  header: { ...decodeProtectedHeader(jwt) },
  claims: decodeJwt(jwt),
});

async function redeemed(
  issuer: string,
  clientId: string,
  fields: Record<string, string>,
): Promise<Outcome> {
  const key = await createProofKey();
  const isBound = clientId.startsWith('bound');
  const { body } = await postForm(`${issuer}/token`, fields, {
    authorization: basic(clientId, secret),
    ...(isBound && { dpop: await key.prove('POST', `${issuer}/token`) }),
  });
  if (body.error) return { refusal: { error: body.error, description: body.error_description } };
  const { access_token, id_token, refresh_token, scope = '' } = body as Record<string, string>;
  const token = String(access_token);
  const introspect = async (api: string) => {
    const headers = { authorization: basic(api, secret) };
    return (await postForm(`${issuer}/introspect`, { token }, headers)).body;
  };
  const userinfo = async () => {
    const url = `${issuer}/userinfo`;
    const proof = isBound && { dpop: await key.prove('GET', url, { accessToken: token }) };
    const headers = { authorization: `${proof ? 'DPoP' : 'Bearer'} ${token}`, ...proof };
    const text = await (await fetch(url, { headers })).text();
    return text.startsWith('{') ? (JSON.parse(text) as Claims) : decodeJwt(text);
  };
  return {
    scope,
    ...(id_token && { idToken: told(id_token) }),
    accessToken: token.includes('.') ? told(token) : { claims: await introspect(clientId) },
    ...(id_token && { userinfo: await userinfo() }),
    refreshToken: refresh_token !== undefined,
  };
}

/** `granted`: the scopes that the person takes where they are asked. */
export async function tokensOfPerson(
  issuer: string,
  { clientId, api, scopes, claims }: Asked,
  { agent, person, granted }: { agent: UserAgent; person: Person; granted: string[] },
): Promise<Outcome> {
  const verifier = randomId(32);
  const query = new URLSearchParams({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: callbackUri },
    ...{ code_challenge: sha256(verifier), code_challenge_method: 'S256' },
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(api && { resource: api }),
    ...(claims && { claims: JSON.stringify(claims) }),
    ...(scopes.includes('offline_access') && { prompt: 'consent' }),
  });
  const choices = { person, scopes: granted };
  const url = `${issuer}/authorize?${query}`;
  const { searchParams } = await walkToClient(agent, url, callbackUri, choices);
  const answer = Object.fromEntries(searchParams);
  if (answer.error) {
    return { refusal: { error: answer.error, description: answer.error_description } };
  }
  return redeemed(issuer, clientId, {
    ...{ grant_type: 'authorization_code', code: answer.code ?? '' },
    ...{ redirect_uri: callbackUri, code_verifier: verifier },
  });
}

export function tokensOfService(
  issuer: string,
  { clientId, api, scopes }: Asked,
): Promise<Outcome> {
  return redeemed(issuer, clientId, {
    grant_type: 'client_credentials',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(api && { resource: api }),
  });
}

/** APIs that requests name, one of which there is not. */
export const namedApis = [undefined, orders, notes, 'https://nowhere.example'];
