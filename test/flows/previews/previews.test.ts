/** What would the token hold? The same as it holds. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { alice, type Person } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { type AdminClient, adminClient, declaration as operators } from '../../admin/scene.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import {
  type Asked,
  namedApis,
  type Outcome,
  tokensOfPerson,
  tokensOfService,
} from './real_tokens.ts';
import { apps, orders, declaration as own, people, scopes, secret, services } from './scene.ts';

const declaration = {
  ...own,
  clients: [...own.clients, ...operators.clients],
};
/** Each costs a whole flow. */
const runs = 12;

type Shown = { header?: object; claims: Record<string, unknown>; per_issuance: string[] };
type Preview = {
  outcome: string;
  error?: string;
  error_description?: string;
  granted_scopes: string[];
  refused_scopes: string[];
  id_token: Shown | null;
  access_token: Shown & { sources: Record<string, { from: string }> };
  userinfo: Shown | null;
  refresh_token: boolean;
};

const subjects: Record<string, string> = { alice: 'subject-of-alice', bob: 'subject-of-bob' };
const asking = fc.record({
  person: fc.constantFrom(...people),
  clientId: fc.oneof(
    fc.constantFrom(...apps.map(({ client_id }) => client_id)),
    fc.constantFrom('asking', 'asking-pairwise'),
  ),
  api: fc.constantFrom(...namedApis),
  scopes: fc.subarray(scopes),
  named: fc.subarray(['email', 'groups', 'name', 'department', 'auth_time', 'nothing']),
  /** What the person was asked for the last time (null: the same), and refused of it. */
  earlier: fc.option(fc.subarray(scopes), { freq: 1 }),
  declined: fc.subarray(scopes),
});
const serving = fc.record({
  clientId: fc.constantFrom(...services.map(({ client_id }) => client_id), 'plain'),
  api: fc.constantFrom(...namedApis),
  scopes: fc.subarray(['orders:read', 'orders:write', 'notes:read', 'openid']),
});

/** Who has refused everything so far refuses it again. */
function refusedIn({ error, refused_scopes: refused = [] }: Preview): string[] {
  return error === 'access_denied' ? scopes : refused;
}

/** What is another in each token, and what is told only of tokens that there are, is told to be there. */
function comparable(told: { header?: object; claims: Record<string, unknown> } | null | undefined) {
  if (!told) return null;
  const { iat, exp, ...claims } = { ...told.claims };
  for (const name of ['jti', 'sid', 'family_id', 'auth_time', 'status', 'cnf']) {
    if (name in claims) claims[name] = 'per issuance';
  }
  return {
    header: told.header && { ...told.header },
    claims,
    lifetime: exp === undefined ? undefined : Number(exp) - Number(iat),
  };
}

function assertSame(preview: Preview, real: Outcome) {
  if ('refusal' in real) {
    const { error, error_description: description } = preview;
    assert.deepEqual({ error, description }, real.refusal);
    return;
  }
  assert.equal(preview.outcome, 'issued', JSON.stringify([preview, real]));
  assert.deepEqual(
    preview.granted_scopes.toSorted(),
    real.scope.split(' ').filter(Boolean).toSorted(),
  );
  assert.deepEqual(comparable(preview.id_token), comparable(real.idToken));
  assert.deepEqual(comparable(preview.access_token), comparable(real.accessToken));
  const userinfo = real.userinfo && { claims: real.userinfo };
  // A signed answer ends with its access token.
  assert.deepEqual(comparable(preview.userinfo)?.claims, comparable(userinfo)?.claims);
  assert.equal(preview.refresh_token, real.refreshToken);
}

await eachServer({ declaration }, (server) => {
  let call: AdminClient;
  const agents = new Map(people.map(({ username }) => [username, createUserAgent()]));
  before(async () => {
    call = await adminClient(server().issuer);
  });
  const previewOf = async ({ clientId, ...request }: Asked, username?: string) => {
    const { status, body } = await call('POST', '/token-previews', {
      body: {
        ...{ ...request, client_id: clientId },
        ...(username && { user_id: subjects[username] }),
      },
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body as Preview;
  };

  const signIn = (person: Person, asked: Asked, refused: string[]) => {
    const agent = agents.get(person.username) ?? createUserAgent();
    const granted = scopes.filter((scope) => !refused.includes(scope));
    return tokensOfPerson(server().issuer, asked, { agent, person, granted });
  };

  test('A preview says what a person signing in then gets, whatever they have refused before', async () => {
    const property = fc.asyncProperty(
      asking,
      async ({ person, named, earlier, declined, ...request }) => {
        const members = Object.fromEntries(named.map((name) => [name, null]));
        const isNamed = request.scopes.includes('openid') && named.length > 0;
        const claims = isNamed && { claims: { id_token: members, userinfo: members } };
        const asked = { ...request, ...claims };
        if (request.clientId.startsWith('asking')) {
          const before = {
            ...request,
            scopes: [...new Set([...(earlier ?? request.scopes), 'offline_access'])],
          };
          await signIn(person, before, declined);
        }
        const preview = await previewOf(asked, person.username);
        assertSame(preview, await signIn(person, asked, refusedIn(preview)));
      },
    );
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  });

  test('A preview says what a service gets', async () => {
    const property = fc.asyncProperty(serving, async (asked) => {
      assertSame(await previewOf(asked), await tokensOfService(server().issuer, asked));
    });
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  });

  test('A preview tells where each claim comes from', async () => {
    const asked = { clientId: 'mapped', api: orders, scopes: ['openid', 'roles', 'orders:read'] };
    const preview = await previewOf(asked, 'alice');
    const { sources } = preview.id_token as unknown as { sources: Record<string, object> };
    const name = 'https://example.com/roles';
    assert.deepEqual(sources[name], { from: 'scope', scope: 'roles', claim: 'roles' });
    assert.deepEqual(sources.sub, { from: 'protocol' });
    assert.deepEqual(preview.access_token.sources.badge, { from: 'api' });
    assert.deepEqual(preview.access_token.sources['name#ja'], { from: 'api' });
  });

  test('Nobody can use anything that a preview answers, and it leaves nothing in the store', async () => {
    const { issuer, store } = server();
    const asked = { clientId: 'asking', api: orders, scopes: ['openid', 'profile', 'orders:read'] };
    // The call's own traces come first: its token is looked at, and remembered.
    await previewOf(asked, 'alice');
    const earlier = await contentOf(store);
    const preview = await previewOf(asked, 'bob');
    assert.deepEqual(await contentOf(store), earlier);
    const { header, claims } = preview.access_token;
    const segment = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const jwt = (signature: Buffer) =>
      [segment(header), segment(claims), signature.toString('base64url')].join('.');
    const candidates = [...stringsIn(preview), jwt(Buffer.alloc(1)), jwt(Buffer.alloc(256))];
    for (const candidate of candidates) {
      assert.doesNotMatch(JSON.stringify(preview), /[\w-]{16,}\.[\w-]{16,}\./);
      const headers = { authorization: basic('orders-api', secret) };
      const { body } = await postForm(`${issuer}/introspect`, { token: candidate }, headers);
      assert.equal(body.active, false, candidate);
    }
    const headers = { authorization: `Bearer ${jwt(Buffer.alloc(1))}` };
    assert.equal((await fetch(`${issuer}/userinfo`, { headers })).status, 401);
  });

  test('A preview of what does not exist is refused as its request would be', async () => {
    const unknown = { clientId: 'nobody', scopes: ['openid'] };
    assert.equal((await previewOf(unknown, 'alice')).error, 'invalid_client');
    assert.equal((await previewOf(unknown)).error, 'invalid_client');
    const { body } = await call('POST', '/token-previews', {
      body: { client_id: 'plain', user_id: 'nobody', scopes: ['openid'] },
    });
    assert.deepEqual([body.outcome, body.error], ['refused', 'login_required']);
    const asked = { clientId: 'single', scopes: ['orders:read'] };
    assert.equal((await previewOf(asked, alice.username)).error, 'invalid_request');
  });

  test('A preview needs both scopes: of users, and of clients', async () => {
    const reader = await adminClient(server().issuer, 'dashboard');
    const { status, body } = await reader('POST', '/token-previews', {
      body: { client_id: 'job' },
    });
    assert.deepEqual([status, body.code], [403, 'insufficient_scope']);
  });
});

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value ? Object.values(value).flatMap(stringsIn) : [];
}

/** What is in a store for longer than the upkeep of a running server. */
const lasting = [
  ...['artifacts', 'revocations', 'status_ranges', 'clients', 'users', 'audit_events'],
  ...['webhook_deliveries', 'counters'],
];

async function contentOf(url: string): Promise<Record<string, unknown[]>> {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
    const rows = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();
    const content = Object.fromEntries(lasting.map((table) => [table, rows(table)]));
    database.close();
    return content;
  }
  const client = new MongoClient(url);
  const rows = (name: string) => client.db().collection(name).find().sort({ _id: 1 }).toArray();
  const content = await Promise.all(lasting.map(async (name) => [name, await rows(name)] as const));
  await client.close();
  return Object.fromEntries(content);
}
