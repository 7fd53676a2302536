/** Operations on clients, and what all operations have in common, over HTTP. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { putClient } from '../../src/admin/operations/clients.ts';
import { getClient, listClients, patchClient } from '../../src/admin/room.ts';
import { createAdminClient } from '../../src/admin_client/room.ts';
import { sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { basic, eachServer, postForm } from '../support/flows.ts';
import {
  type AdminAnswer,
  type AdminClient,
  adminClient,
  callerOf,
  declaration,
  operatorToken,
} from './scene.ts';

const service = {
  client_name: 'Nightly job',
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic',
};

await eachServer({ declaration }, (server) => {
  let call: AdminClient;
  before(async () => {
    call = await adminClient(server().issuer);
  });

  test('A client that is created gets its secret once and works at the token endpoint', async () => {
    const created = await call('POST', '/clients', { body: { ...service, client_id: 'job' } });
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), '/admin/v1/clients/job');
    assert.equal(created.headers.get('etag'), '"1"');
    const { client_secret: secret } = created.body;
    const shown = await call('GET', '/clients/job');
    assert.equal(shown.body.client_secret, undefined);
    assert.equal(shown.body.managed_by, 'operator');
    const refused = await postForm(
      `${server().issuer}/token`,
      { grant_type: 'client_credentials', scope: 'nothing' },
      { authorization: basic('job', String(secret)) },
    );
    assert.equal(refused.body.error, 'invalid_target');
  });

  test('An operator sees which of two secrets is still used, and a use changes no version', async (t) => {
    await call('POST', '/clients', { body: { ...service, client_id: 'rotated' } });
    const rotation = await call('POST', '/clients/rotated/secrets', { body: {} });
    const [fresh, old] = rotation.body.secrets as Record<string, unknown>[];
    assert.deepEqual([fresh?.last_used_at, old?.last_used_at], [undefined, undefined]);
    const store = await openStore({ url: server().store });
    t.after(() => store.close());
    const { secretHashes } = (await store.clients.find('rotated')) ?? {};
    const use = { clientId: 'rotated', secretHash: secretHashes?.[1]?.hash };
    await store.clients.touch([{ ...use, lastUsedAt: Date.UTC(2031, 4, 4, 9, 30) }]);

    const last_used_at = '2031-05-04T09:30:00.000Z';
    const { body, headers } = await call('GET', '/clients/rotated');
    assert.deepEqual(body.secrets, [fresh, { ...old, last_used_at }]);
    assert.equal(body.last_used_at, last_used_at);
    assert.equal(headers.get('etag'), '"2"');
    const { items } = (await call('GET', '/clients?text=rotated')).body as { items: object[] };
    assert.deepEqual(items, [body]);
    const digest = sha256(String(rotation.body.client_secret));
    const hex = Buffer.from(digest, 'base64url').toString('hex');
    assert.equal(fresh?.fingerprint, `${hex.slice(0, 8)}…${hex.slice(-4)}`);
  });

  test('A change names the version that it is based on', async () => {
    await call('POST', '/clients', { body: { ...service, client_id: 'versions' } });
    const body = { client_name: 'Renamed' };
    const path = '/clients/versions';
    assert.equal((await call('PATCH', path, { body })).status, 428);
    const changed = await call('PATCH', path, { body, headers: { 'if-match': '"1"' } });
    assert.deepEqual([changed.status, changed.headers.get('etag')], [200, '"2"']);
    const stale = await call('PATCH', path, { body, headers: { 'if-match': '"1"' } });
    assert.deepEqual([stale.status, stale.body.code], [412, 'version_mismatch']);
    assert.equal((await call('PATCH', path, { body, headers: { 'if-match': '*' } })).status, 200);
  });

  test('A condition that cannot be met, or means nothing here, changes nothing', async () => {
    const path = '/clients/conditions';
    await call('POST', '/clients', { body: { ...service, client_id: 'conditions' } });
    const body = { ...service, client_name: 'Renamed' };
    const attempts: [string, string, Record<string, string>, number][] = [
      ['PATCH', path, { 'if-none-match': '*' }, 400],
      ['DELETE', path, { 'if-none-match': '*' }, 400],
      ['PUT', path, { 'if-none-match': '"1"' }, 400],
      ['PUT', path, { 'if-none-match': '*', 'if-match': '*' }, 412],
      ['PUT', path, { 'if-none-match': '*' }, 412],
      ['PATCH', path, { 'if-match': '' }, 412],
      ['POST', `${path}/disable`, { 'if-match': '' }, 412],
      ['POST', `${path}/disable`, { 'if-match': 'W/"1"' }, 412],
    ];
    for (const [method, to, headers, expected] of attempts) {
      const sends = method === 'PATCH' || method === 'PUT';
      const answer = await call(method, to, { headers, ...(sends && { body }) });
      assert.equal(answer.status, expected, `${method} ${JSON.stringify(headers)}`);
    }
    const nothing = await call('PATCH', path, { headers: { 'if-match': '*' }, body: null });
    assert.equal(nothing.status, 400);
    const kept = await call('GET', path);
    assert.deepEqual([kept.headers.get('etag'), kept.body.enabled], ['"1"', true]);
  });

  test('The same PUT again changes nothing, and what it leaves out is removed', async () => {
    const path = '/clients/whole';
    const body = { ...service, client_uri: 'https://job.example' };
    const made = await call('PUT', path, { body, headers: { 'if-none-match': '*' } });
    assert.equal(made.status, 201);
    const again = await call('PUT', path, { body, headers: { 'if-none-match': '*' } });
    assert.deepEqual([again.status, again.body.code], [412, 'already_exists']);
    const { client_secret: _secret, ...shown } = made.body;
    const same = await call('PUT', path, { body: shown, headers: { 'if-match': '"1"' } });
    assert.deepEqual([same.status, same.headers.get('etag')], [200, '"1"']);
    const less = await call('PUT', path, { body: service, headers: { 'if-match': '"1"' } });
    assert.deepEqual([less.headers.get('etag'), less.body.client_uri], ['"2"', undefined]);
  });

  test('A dry run is checked like the real one, and changes nothing', async () => {
    const path = '/clients?dry_run=true';
    const right = await call('POST', path, { body: { ...service, client_id: 'dry' } });
    assert.equal(right.status, 200);
    assert.equal(right.body.dry_run, true);
    assert.equal(JSON.stringify(right.body).includes('client_secret"'), false);
    assert.equal((await call('GET', '/clients/dry')).status, 404);
    const wrong = await call('POST', path, { body: { ...service, grant_types: ['nothing'] } });
    assert.equal(wrong.status, 400);
    const taken = await call('POST', path, { body: { ...service, client_id: 'dashboard' } });
    assert.deepEqual([taken.status, taken.body.code], [409, 'already_exists']);
    const headers = { 'idempotency-key': 'k'.repeat(256) };
    const keyed = await call('POST', path, { body: service, headers });
    assert.deepEqual([keyed.status, keyed.body.code], [400, 'invalid_idempotency_key']);
  });

  test('A creation that is repeated with its Idempotency-Key happens once', async () => {
    const request = { body: service, headers: { 'idempotency-key': 'one' } };
    const first = await call('POST', '/clients', request);
    const second = await call('POST', '/clients', request);
    assert.deepEqual(second.body, first.body);
    const other = await call('POST', '/clients', {
      ...request,
      body: { ...service, contacts: [] },
    });
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused']);
  });

  test('A program with the typed client knows what operations take and answer', async () => {
    const { issuer } = server();
    const client = createAdminClient({ issuer, credential: await operatorToken(issuer) });
    const params = { client_id: 'typed/1' };
    const made = await client.call(putClient, { params, body: service, mustBeNew: true });
    assert.deepEqual([made.status, made.etag, made.body.enabled], [201, '"1"', true]);
    const body = { client_name: 'Renamed' };
    const change = { params, body, ifMatch: made.etag, reason: 'as agreed' };
    const { body: planned } = await client.rehearse(patchClient, change);
    assert.deepEqual([planned.dry_run, planned.changes.length], [true, 1]);
    const { body: changed } = await client.call(patchClient, change);
    const [secret] = changed.secrets;
    assert.deepEqual([changed.client_name, typeof secret?.created_at], ['Renamed', 'string']);
    await assert.rejects(client.call(patchClient, change), { code: 'version_mismatch' });
    const ids: string[] = [];
    for await (const { items } of client.pages(listClients, { query: { limit: 2 } })) {
      ids.push(...items.map(({ client_id }) => client_id));
    }
    assert.ok(ids.includes('typed/1') && ids.includes('dashboard'));
    // @ts-expect-error: an operation's parameters are those of its path.
    await assert.rejects(client.call(getClient, { params: { id: 'typed/1' } }));
  });

  test('What the declarative file names can be blocked, but not changed', async () => {
    const headers = { 'if-match': '*' };
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const options = { headers, ...(method !== 'DELETE' && { body: service }) };
      const { status, body } = await call(method, '/clients/dashboard', options);
      assert.deepEqual([method, status, body.code], [method, 409, 'managed_by_file']);
    }
    const { body } = await call('GET', '/clients/dashboard');
    assert.equal(body.managed_by, 'file');
  });

  test('Every mistake in a client is told by the member that it is in', async () => {
    const { status, body } = await call('POST', '/clients', {
      body: { ...service, redirect_uris: ['no'], scope: 7 },
    });
    assert.equal(status, 400);
    const pointers = (body.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    assert.deepEqual(pointers.sort(), ['#/redirect_uris/0', '#/scope']);
  });

  test('Every mistake in a user is told by the member that it is in, and an owner gets no short password', async () => {
    const pointersOf = ({ body }: AdminAnswer) =>
      ((body.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer);
    for (const [member, wrong, pointer] of [
      ['email', 'nobody', '#/email'],
      ['username', 'zo\u200be', '#/username'],
      ['subject', 'zoë', '#/subject'],
      ['password', '$2b$12$abcdefghijklmnopqrstuv', '#/password'],
      ['claims', { birthdate: '1.1.1990' }, '#/claims/birthdate'],
      ['claims', 7, '#/claims'],
    ] as const) {
      const answer = await call('POST', '/users', { body: { username: 'zoe', [member]: wrong } });
      assert.deepEqual([answer.status, pointersOf(answer)], [400, [pointer]], answer.text);
    }
    const made = await call('POST', '/users', { body: { username: 'zoe' } });
    assert.equal(made.status, 201, made.text);
    const { id } = made.body;
    const set = (password: string) =>
      call('PUT', `/users/${id}/password`, { body: { password }, headers: { 'if-match': '*' } });
    const owner = { body: { role: 'owner' }, headers: { 'if-none-match': '*' } };
    assert.equal((await call('PUT', `/operators/${id}`, owner)).status, 201);
    const short = await set('fourteen chars');
    assert.deepEqual([short.body.code, pointersOf(short)], ['invalid_password', ['#/password']]);
    assert.match(String(short.body.detail), /15 to/);
    assert.equal((await set('fifteen chars!!')).status, 204);
  });

  test('Refusals are listed by their reason', async () => {
    assert.equal((await call('GET', '/refusals?reason=nothing')).status, 400);
    const { body } = await call('GET', '/refusals?reason=client_unknown');
    for (const { reason } of body.items as { reason: string }[]) {
      assert.equal(reason, 'client_unknown');
    }
  });

  test('Pages of a list follow each other, and none is longer than was asked for', async () => {
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { body } = await call('GET', `/clients?limit=2${next && `&after=${next}`}`);
      const items = body.items as { client_id: string }[];
      assert.ok(items.length <= 2);
      ids.push(...items.map(({ client_id }) => client_id));
      next = body.next as string | null;
    }
    assert.deepEqual(ids, [...ids].sort());
    assert.ok(ids.includes('dashboard') && ids.includes('deployment'));
  });

  test('Nobody without the scope learns what there is, and the attempt is on record', async () => {
    const reader = await adminClient(server().issuer, 'dashboard');
    assert.equal((await reader('GET', '/clients/deployment')).status, 200);
    const headers = { 'if-match': '*' };
    const answers = await Promise.all(
      ['deployment', 'nobody'].map((id) => reader('DELETE', `/clients/${id}`, { headers })),
    );
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.code], [403, 'insufficient_scope']);
    }
  });

  test('A credential that is none is refused with a challenge', async () => {
    const nobody = callerOf(server().issuer, 'nothing');
    const { status, body, headers } = await nobody('GET', '/clients');
    assert.deepEqual([status, body.code], [401, 'invalid_token']);
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/);
  });
});
