/** What the admin API takes as a credential: tokens that are bound to a key (RFC 9449), and nothing that was exchanged. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createProofKey, type ProofKey } from '../support/dpop_proof.ts';
import { basic, eachServer, postForm } from '../support/flows.ts';
import { adminClient, declaration, secret } from './scene.ts';

const users = [{ username: 'alice', subject: 'alice', operator: 'owner' }];

await eachServer({ declaration: { ...declaration, users } }, (server) => {
  const url = (path: string) => `${server().issuer}/admin/v1${path}`;
  const listUrl = () => url('/clients');
  let key: ProofKey;
  let accessToken: string;
  before(async () => {
    key = await createProofKey();
    const tokenUrl = `${server().issuer}/token`;
    const { body } = await postForm(
      tokenUrl,
      { grant_type: 'client_credentials' },
      { authorization: basic('deployment', secret), dpop: await key.prove('POST', tokenUrl) },
    );
    assert.equal(body.token_type, 'DPoP');
    accessToken = String(body.access_token);
  });

  const send = async (
    proof: string | undefined,
    { to = listUrl(), method = 'GET', authorization = `DPoP ${accessToken}`, body = '' } = {},
  ) => {
    const headers = {
      authorization,
      ...(proof !== undefined && { dpop: proof }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const response = await fetch(to, { method, headers, ...(body && { body }) });
    const text = await response.text();
    return {
      status: response.status,
      code: text && JSON.parse(text).code,
      challenge: response.headers.get('www-authenticate') ?? '',
      nonce: response.headers.get('dpop-nonce'),
    };
  };

  const keyOfAlice = async () => {
    const call = await adminClient(server().issuer);
    const wanted = { name: 'k', api: 'urn:cardea:admin', scopes: ['clients:read'] };
    const { body, status } = await call('POST', '/api-keys', {
      body: { ...wanted, user_id: 'alice' },
    });
    assert.equal(status, 201, JSON.stringify(body));
    return String(body.key);
  };

  test('A bound token reads and changes with a proof of its key for each request', async () => {
    const read = await send(await key.prove('GET', listUrl(), { accessToken }), {
      to: `${listUrl()}?limit=1`,
    });
    assert.equal(read.status, 200);
    const to = url('/groups');
    const proof = await key.prove('POST', to, { accessToken });
    const made = await send(proof, {
      to,
      method: 'POST',
      body: JSON.stringify({ name: 'proved' }),
    });
    assert.equal(made.status, 201);
  });

  test('A bound token without a proof of its key for this very request opens nothing', async () => {
    const thief = await createProofKey();
    const options = { accessToken };
    const proofs = [
      undefined,
      'x',
      await thief.prove('GET', listUrl(), options),
      await key.prove('GET', listUrl()),
      await key.prove('GET', listUrl(), { accessToken: 'another' }),
      await key.prove('POST', listUrl(), options),
      await key.prove('GET', url('/users'), options),
      await key.prove('GET', `${server().issuer}/userinfo`, options),
      await key.prove('GET', `${server().issuer}/clients`, options),
    ];
    for (const [index, proof] of proofs.entries()) {
      const { status, code, challenge } = await send(proof);
      assert.deepEqual([status, code], [401, 'invalid_dpop_proof'], String(index));
      assert.match(challenge, /^DPoP realm="urn:cardea:admin", error="invalid_dpop_proof", algs="/);
    }
  });

  test('A proof is good once, also for requests at the same time', async () => {
    const proof = await key.prove('GET', listUrl(), { accessToken });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(proof)));
    const statuses = answers.map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [200, 401, 401, 401, 401]);
  });

  test('A client whose clock is wrong is given a nonce, with which its proof is taken', async () => {
    const iat = Math.floor(Date.now() / 1000) - 3600;
    const late = await send(await key.prove('GET', listUrl(), { accessToken, changes: { iat } }));
    assert.deepEqual([late.status, late.code], [401, 'use_dpop_nonce']);
    assert.match(late.challenge, /^DPoP .*error="use_dpop_nonce"/);
    const changes = { iat, nonce: late.nonce };
    const again = await send(await key.prove('GET', listUrl(), { accessToken, changes }));
    assert.equal(again.status, 200);
  });

  test('A bound token is no bearer token, and what is not bound needs no proof', async () => {
    const proof = await key.prove('GET', listUrl(), { accessToken });
    for (const given of [undefined, proof]) {
      const stolen = await send(given, { authorization: `Bearer ${accessToken}` });
      assert.deepEqual([stolen.status, stolen.code], [401, 'proof_required']);
      assert.match(stolen.challenge, /^DPoP .*error="invalid_token", algs="/);
    }
    const apiKey = await keyOfAlice();
    const proofForKey = await key.prove('GET', listUrl(), { accessToken: apiKey });
    const presented = await send(proofForKey, { authorization: `DPoP ${apiKey}` });
    assert.deepEqual([presented.status, presented.code], [401, 'invalid_token']);
    const nobody = await send(undefined, { authorization: '' });
    assert.equal(nobody.code, 'unauthorized');
    assert.match(nobody.challenge, /^Bearer realm="urn:cardea:admin", DPoP algs="PS256 ES256/);
  });

  test('A token that an API key was exchanged for is refused, while the key itself is taken', async () => {
    const apiKey = await keyOfAlice();
    const { body } = await postForm(`${server().issuer}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:cardea:token-type:api_key',
      subject_token: apiKey,
    });
    assert.ok(body.access_token, JSON.stringify(body));
    const exchanged = await send(undefined, { authorization: `Bearer ${body.access_token}` });
    assert.deepEqual([exchanged.status, exchanged.code], [401, 'invalid_token']);
    assert.equal((await send(undefined, { authorization: `Bearer ${apiKey}` })).status, 200);
  });
});
