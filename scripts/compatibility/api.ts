/** Programs that are APIs: called with tokens that they must take, and with those that they must not. */
import assert from 'node:assert/strict';
import type { Place, Program } from './program.ts';
import { whileServing } from './serving.ts';

const secret = 'a-secret-of-those-who-call-these-apis';

/** The API, another one beside it, and the services that call it; `name`: of the program. */
export function declareApi(name: string, origin: string): ReturnType<Program['declaration']> {
  const caller = { client_secret: secret, grant_types: ['client_credentials'] };
  const other = `${origin}/other`;
  return {
    apis: [
      {
        identifier: origin,
        name: 'Orders',
        scopes: { 'orders:read': 'See your orders', 'orders:write': 'Change your orders' },
      },
      { identifier: other, name: 'Invoices', scopes: { 'orders:read': 'See your orders' } },
    ],
    clients: [
      { ...caller, client_id: `${name}-reads`, scope: 'orders:read', apis: [origin] },
      { ...caller, client_id: `${name}-writes`, scope: 'orders:write', apis: [origin] },
      { ...caller, client_id: `${name}-elsewhere`, scope: 'orders:read', apis: [other] },
    ],
  };
}

/** Runs `program` of the folder, an API for the scope `orders:read`, and calls it. @throws where it takes or refuses the wrong token */
export async function tryApi(name: string, place: Place): Promise<string> {
  const { issuer, origin } = place;
  const call = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${origin}/orders`, { headers })).status;
  };
  return whileServing(place, {}, async () => {
    const token = await tokenOf(issuer, `${name}-reads`);
    const [header, claims, signature = ''] = token.split('.');
    assert.equal(await call(token), 200);
    assert.equal(await call(await tokenOf(issuer, `${name}-writes`)), 403);
    assert.equal(await call(await tokenOf(issuer, `${name}-elsewhere`)), 401);
    const forged = [header, claims, signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))];
    assert.equal(await call(forged.join('.')), 401);
    assert.equal(await call(await statusListOf(claims)), 401);
    return 'takes its tokens; not those without scope, for another API, forged, or of another type';
  });
}

async function tokenOf(issuer: string, clientId: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** A JWT that the same keys have signed, and that is no access token. */
async function statusListOf(claims = ''): Promise<string> {
  const { status } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const headers = { accept: 'application/statuslist+jwt' };
  return (await fetch(status.status_list.uri, { headers })).text();
}
