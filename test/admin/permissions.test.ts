/** Every operation of the admin API and every role: allowed or refused exactly as the tables say. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { operations, scopesOf } from '../../src/admin/room.ts';
import { adminApi, adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { operatorRoles, scopesOfRole } from '../../src/definitions/operator_roles.ts';
import { eachServer } from '../support/flows.ts';
import { type AdminAnswer, type AdminClient, adminClient, callerOf, declaration } from './scene.ts';

await eachServer(
  {
    declaration: {
      ...declaration,
      users: operatorRoles.map((role) => ({ username: role })),
    },
  },
  (server) => {
    let owner: AdminClient;
    let keyOfTeam: string;
    /** Calls as an API key of each operator: it has every scope, so that the role alone decides. */
    const callers = new Map<string, AdminClient>();

    before(async () => {
      owner = await adminClient(server().issuer);
      const api = 'https://orders.example';
      await owner('POST', '/apis', {
        body: { identifier: api, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
      });
      const { body: project } = await owner('POST', '/projects', { body: { name: 'Team', api } });
      const { body: key } = await owner('POST', '/api-keys', {
        body: {
          ...{ name: 'Scanner', api, project_id: project.id, scopes: ['orders:read'] },
          limits: { requests_per_minute: 10 },
        },
      });
      keyOfTeam = `/api-keys/${key.id}`;
      for (const role of operatorRoles) {
        const { body: user } = await owner('GET', `/users/${role}`);
        const made = await owner('PUT', `/operators/${user.id}`, {
          body: { role, ...(role === 'deployer' && { projects: [project.id] }) },
          headers: { 'if-none-match': '*' },
        });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const { body } = await owner('POST', '/api-keys', {
          body: { name: role, api: adminApi, user_id: user.id, scopes: [...adminScopeNames] },
        });
        callers.set(role, callerOf(server().issuer, String(body.key)));
      }
    });

    for (const role of operatorRoles) {
      test(`The role ${role} may call what its scopes allow, and nothing else`, async () => {
        const call: AdminClient = callers.get(role) ?? assert.fail();
        const scopes = new Set<string>(scopesOfRole(role));
        for (const operation of operations) {
          // Of nothing that there is, and dry: whoever gets through changes nothing.
          const path = operation.path.replaceAll(/\{\w+\}/g, 'nothing-of-this-name');
          const isRead = operation.method === 'GET';
          const { status, body }: AdminAnswer = await call(
            operation.method,
            `${path}${isRead ? '' : '?dry_run=true'}`,
            { headers: { 'if-match': '*' }, ...(!isRead && { body: {} }) },
          );
          const isAllowed = scopesOf(operation).every((scope) => scopes.has(scope));
          const isRefused = status === 403 && body.code === 'insufficient_scope';
          assert.equal(isRefused, !isAllowed, `${operation.id}: ${status} ${body.code}`);
          assert.ok(status < 500, `${operation.id}: ${status}`);
        }
      });
    }

    test('A deployer changes a key of their project, and raises its limits by no way', async () => {
      const call: AdminClient = callers.get('deployer') ?? assert.fail();
      const patch = async (body: object) => {
        const { status } = await call('PATCH', keyOfTeam, { body, headers: { 'if-match': '*' } });
        return status;
      };
      assert.equal(await patch({ name: 'Scanners', limits: { requests_per_minute: 10 } }), 200);
      const more = { requests_per_minute: 10, requests_per_month: 1 };
      for (const limits of [null, {}, { requests_per_minute: 1000 }, more]) {
        assert.equal(await patch({ limits }), 403, JSON.stringify(limits));
      }
      const { body } = await owner('GET', keyOfTeam);
      assert.deepEqual(body.limits, { requests_per_minute: 10 });
    });

    test('Nobody without a credential is told anything but that one is needed', async () => {
      for (const operation of operations) {
        const path = operation.path.replaceAll(/\{\w+\}/g, 'nothing');
        const response = await fetch(`${server().issuer}/admin/v1${path}`, {
          method: operation.method,
        });
        const { code } = (await response.json()) as { code: string };
        assert.deepEqual(
          [operation.id, response.status, code],
          [operation.id, 401, 'unauthorized'],
        );
      }
    });
  },
);
