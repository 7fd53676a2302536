/** What operators may do to people, clients, keys and projects: the rules one by one, and what no sequence leads to. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AdminScope, adminApi, adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { operatorRoles, scopesOfRole } from '../../src/definitions/operator_roles.ts';
import {
  apiKeyCaller,
  type Caller,
  clientCaller,
  commandLineCaller,
  covers,
  type Decision,
  effectiveScopes,
  hasScope,
  mayDisableClient,
  mayEndApiKey,
  mayGrantScopes,
  mayRevoke,
  maySetOperator,
  mayTouchApi,
  mayTouchApiKey,
  mayTouchClient,
  mayTouchProject,
  mayTouchUser,
  mayTouchWebhook,
  type OperatorGrant,
  projectOfClient,
  requireAllowed,
  seesProject,
  userCaller,
} from '../../src/operators/room.ts';

const apis = {
  canonical: (name: string) => (name === `${adminApi}/` ? adminApi : name),
  find: (name: string) =>
    ({
      'https://shop.example': { project: 'shop', scopes: { 'orders:read': '' } },
      'https://pay.example': { project: 'pay', scopes: { 'pay:write': '', 'pay:read': '' } },
    })[name],
  byClientId: (id: string) => (id === 'pay-api' ? [{ project: 'pay' }] : []),
};

const asUser = (grant: OperatorGrant | undefined, scopes: readonly string[] = adminScopeNames) =>
  userCaller({ userId: 'me', scopes, grant });
const owner = asUser({ role: 'owner' });
const administrator = asUser({ role: 'administrator' });
const support = asUser({ role: 'support' });
const auditor = asUser({ role: 'auditor' });
const deployer = asUser({ role: 'deployer', projects: ['shop'] });

const client = (metadata: Record<string, unknown>, clientId = 'a-client') => ({
  ...{ clientId, source: 'operator' as const, metadata },
});
const withAdmin = (scope: string | undefined) => client({ apis: [adminApi], scope });
const key = (more: object = {}) => ({
  ...{ api: 'https://shop.example', scopes: ['orders:read'], projectId: 'shop' },
  ...more,
});

const denialOf = (decision: Decision) => (decision.allowed ? undefined : decision.denial);
const isDenied = (decision: Decision, denial: string) =>
  assert.equal(denialOf(decision), denial, JSON.stringify(decision));
const isAllowed = (decision: Decision) => assert.deepEqual(decision, { allowed: true });

describe('Roles', () => {
  test('A person has the scopes of the token that the role still has, and none without a role', () => {
    assert.deepEqual(owner.scopes, new Set(adminScopeNames));
    assert.ok(!administrator.scopes.has('operators:write'));
    assert.deepEqual(asUser(undefined).scopes, new Set());
    assert.deepEqual(
      asUser({ role: 'support' }, ['users:read', 'users:write', 'openid']).scopes,
      new Set(['users:read']),
    );
    assert.ok([...auditor.scopes].every((scope) => scope.endsWith(':read')));
  });

  test("A person's API key and a client in a project have no more than the role, and the project", () => {
    const ofDeployer = { id: 'me', grant: { role: 'deployer', projects: ['shop'] } } as const;
    const byKey = apiKeyCaller({ keyId: 'key_1', scopes: adminScopeNames, user: ofDeployer });
    assert.deepEqual(byKey.scopes, new Set(scopesOfRole('deployer')));
    assert.deepEqual(byKey.projects, ['shop']);
    const inProject = clientCaller({ clientId: 'ci', scopes: adminScopeNames, project: 'shop' });
    assert.deepEqual(inProject.scopes, new Set(scopesOfRole('deployer')));
    assert.equal(clientCaller({ clientId: 'ci', scopes: ['users:read'] }).projects, undefined);
    assert.equal(apiKeyCaller({ keyId: 'key_2', scopes: ['users:read'] }).scopes.size, 1);
    assert.deepEqual(commandLineCaller.scopes, owner.scopes);
    assert.deepEqual(effectiveScopes(['users:read', 'openid']), new Set(['users:read']));
  });
});

describe('People', () => {
  test('Nobody changes the account of somebody with a right that they lack', () => {
    isDenied(mayTouchUser(administrator, { role: 'owner' }), 'more_than_own');
    isAllowed(mayTouchUser(administrator, { role: 'administrator' }));
    isAllowed(mayTouchUser(administrator, undefined));
    isAllowed(mayTouchUser(owner, { role: 'owner' }));
    isDenied(mayTouchUser(support, undefined), 'missing_scope');
    const fewScopes = asUser({ role: 'owner' }, ['users:write']);
    isDenied(mayTouchUser(fewScopes, { role: 'auditor' }), 'more_than_own');
    isAllowed(mayTouchUser(fewScopes, undefined));
  });

  test('Only who has all rights of a role gives or takes it', () => {
    isAllowed(maySetOperator(owner, { role: 'owner' }, undefined));
    isDenied(maySetOperator(administrator, undefined, { role: 'auditor' }), 'missing_scope');
    const program = clientCaller({ clientId: 'ci', scopes: ['operators:write'] });
    for (const role of operatorRoles) {
      isDenied(maySetOperator(program, undefined, { role, projects: [] }), 'more_than_own');
    }
  });

  test('Support stops what is stolen, but not an API, a signing key or everything', () => {
    for (const kind of ['user', 'client', 'session', 'api_key'])
      isAllowed(mayRevoke(support, kind));
    for (const kind of ['api', 'signing_key', 'everything']) {
      isDenied(mayRevoke(support, kind), 'missing_scope');
      isAllowed(mayRevoke(administrator, kind));
    }
    isDenied(mayRevoke(deployer, 'client'), 'missing_scope');
  });

  test('Who makes a webhook, which hears every event, may read the audit log', () => {
    isAllowed(mayTouchWebhook(administrator));
    isDenied(
      mayTouchWebhook(clientCaller({ clientId: 'ci', scopes: ['webhooks:write'] })),
      'missing_scope',
    );
  });
});

describe('Clients', () => {
  test('Nobody gives a client rights that they lack, nor changes one that has them', () => {
    const powerful = withAdmin('users:read operators:write');
    const modest = withAdmin('users:read');
    isDenied(mayTouchClient(administrator, { after: powerful }, apis), 'more_than_own');
    isAllowed(mayTouchClient(administrator, { after: modest }, apis));
    isAllowed(mayTouchClient(owner, { before: powerful, after: powerful }, apis));
    // To take the right away is also to get hold of the client first.
    isDenied(
      mayTouchClient(administrator, { before: powerful, after: modest }, apis),
      'more_than_own',
    );
    isDenied(mayTouchClient(administrator, { before: powerful }, apis), 'more_than_own');
    isAllowed(mayDisableClient(administrator, powerful));
  });

  test('A deployer grants no scope of the admin API, not even one that a deployer has', () => {
    const scopes = new Set(['clients:read'] as const);
    isAllowed(hasScope(deployer, 'clients:read'));
    isDenied(mayGrantScopes(deployer, scopes), 'more_than_own');
    isAllowed(mayGrantScopes(auditor, scopes));
  });

  test('A client without a list of scopes, and another spelling of the admin API, count as all rights', () => {
    isDenied(mayTouchClient(administrator, { after: withAdmin(undefined) }, apis), 'more_than_own');
    const spelled = client({ apis: [`${adminApi}/`], scope: 'operators:write' });
    isDenied(mayTouchClient(administrator, { after: spelled }, apis), 'more_than_own');
  });

  test('A client that registered itself never gets the admin API, by whoever allows it', () => {
    const registered = {
      ...({ clientId: 'agent', source: 'open', metadata: { project: 'shop' } } as const),
      bounds: { apis: [adminApi] },
    };
    isDenied(mayTouchClient(owner, { after: registered }, apis), 'vouched_for_by_nobody');
    assert.equal(projectOfClient(registered), undefined);
    assert.equal(projectOfClient({ ...registered, bounds: { project: 'shop' } }), 'shop');
  });

  test('A deployer changes clients of the own projects only, and what is elsewhere does not exist', () => {
    const ours = client({ project: 'shop', apis: ['https://shop.example'], scope: 'orders:read' });
    isAllowed(mayTouchClient(deployer, { after: ours }, apis));
    isAllowed(mayTouchClient(deployer, { before: ours, after: ours }, apis));
    isAllowed(mayDisableClient(deployer, ours));
    const theirs = client({ project: 'pay' });
    for (const change of [{ before: theirs }, { before: theirs, after: ours }]) {
      isDenied(mayTouchClient(deployer, change, apis), 'other_project');
    }
    isDenied(mayTouchClient(deployer, { before: ours, after: theirs }, apis), 'other_project');
    isDenied(mayTouchClient(deployer, { after: client({}) }, apis), 'other_project');
    assert.throws(() => requireAllowed(mayDisableClient(deployer, theirs), 'No such client.'), {
      ...{ status: 404, code: 'not_found', message: 'No such client.' },
    });
    assert.throws(() => requireAllowed(mayTouchUser(support, undefined)), { status: 403 });
    assert.ok(seesProject(deployer, 'shop') && !seesProject(deployer, undefined));
  });

  test('A deployer gives a client neither the admin API nor an API or a scope of others', () => {
    const ours = (more: object) => client({ project: 'shop', ...more });
    const given = ours({ apis: ['https://pay.example'], scope: 'pay:read' });
    isDenied(
      mayTouchClient(deployer, { after: ours({ apis: [adminApi], scope: '' }) }, apis),
      'more_than_own',
    );
    isDenied(mayTouchClient(deployer, { after: given }, apis), 'more_than_own');
    // What an administrator has given the client, it keeps.
    const renamed = ours({ ...given.metadata, client_name: 'Shop' });
    isAllowed(mayTouchClient(deployer, { before: given, after: renamed }, apis));
    for (const scope of ['pay:read pay:write', undefined]) {
      const more = ours({ ...given.metadata, scope });
      isDenied(mayTouchClient(deployer, { before: given, after: more }, apis), 'more_than_own');
    }
    const taken = client({ project: 'shop' }, 'pay-api');
    isDenied(mayTouchClient(deployer, { after: taken }, apis), 'more_than_own');
  });
});

describe('APIs, API keys and projects', () => {
  test('Nobody changes the admin API, and a deployer changes only APIs of the own projects', () => {
    isDenied(mayTouchApi(owner, { before: { identifier: adminApi } }, apis), 'built_in');
    isAllowed(mayTouchApi(deployer, { after: { identifier: 'https://x', project: 'shop' } }, apis));
    isDenied(mayTouchApi(deployer, { after: { identifier: 'https://x' } }, apis), 'other_project');
  });

  test('Nobody makes a key with rights that they lack, or in the name of somebody who has them', () => {
    const nobody = () => undefined;
    const isOwner = (id: string) => (id === 'owner' ? ({ role: 'owner' } as const) : undefined);
    const ofAdmin = key({ api: adminApi, scopes: ['operators:write'] });
    isDenied(mayTouchApiKey(administrator, { after: ofAdmin }, nobody), 'more_than_own');
    isDenied(
      mayTouchApiKey(administrator, { before: ofAdmin, after: ofAdmin }, nobody),
      'more_than_own',
    );
    isAllowed(mayTouchApiKey(owner, { after: ofAdmin }, nobody));
    const ofOwner = key({ projectId: undefined, userId: 'owner' });
    isDenied(mayTouchApiKey(administrator, { after: ofOwner }, isOwner), 'more_than_own');
    isAllowed(mayTouchApiKey(deployer, { after: key() }, nobody));
    isDenied(mayTouchApiKey(deployer, { after: key({ tier: 'pro' }) }, nobody), 'more_than_own');
    isDenied(
      mayTouchApiKey(deployer, { after: key({ projectId: 'pay' }) }, nobody),
      'other_project',
    );
    isDenied(
      mayTouchApiKey(deployer, { after: key({ api: adminApi, scopes: [] }) }, nobody),
      'more_than_own',
    );
    isAllowed(mayEndApiKey(administrator, ofAdmin));
  });

  test('Nobody makes a project whose people could get keys with rights that the maker lacks', () => {
    isDenied(mayTouchProject(administrator, { after: { api: adminApi } }), 'more_than_own');
    isAllowed(mayTouchProject(administrator, { after: { api: adminApi, scopes: ['users:read'] } }));
    isAllowed(mayTouchProject(administrator, { after: { api: 'https://pay.example' } }));
  });
});

/** Everything there is, and whom the attackers control of it. */
type World = {
  grants: Map<string, OperatorGrant>;
  clients: Map<string, Record<string, unknown>>;
  keys: Map<string, { api: string; scopes: string[]; projectId?: string; userId?: string }>;
  users: Set<string>;
  controlled: { users: Set<string>; clients: Set<string>; keys: Set<string> };
};

const names = ['a', 'b', 'c', 'd'];
const someScopes = fc.subarray([...adminScopeNames]);
const someProjects = fc.subarray(['shop', 'pay'], { minLength: 1 });
const someGrant = fc.oneof(
  fc.constantFrom(...operatorRoles.filter((role) => role !== 'deployer')).map((role) => ({ role })),
  someProjects.map((projects) => ({ role: 'deployer' as const, projects })),
);
const someClient = fc.record({
  apis: fc.subarray([adminApi, 'https://shop.example', 'https://pay.example']),
  scope: fc.option(
    someScopes.map((scopes) => scopes.join(' ')),
    { nil: undefined },
  ),
  project: fc.constantFrom(undefined, 'shop', 'pay'),
});
const someKey = fc.record({
  api: fc.constantFrom(adminApi, 'https://shop.example'),
  scopes: someScopes,
  projectId: fc.constantFrom(undefined, 'shop', 'pay'),
  userId: fc.constantFrom(undefined, ...names),
});
const someAct = fc.record({
  by: fc.nat(50),
  name: fc.constantFrom(...names),
  what: fc.oneof(
    fc.record({ act: fc.constant('user' as const) }),
    fc.record({ act: fc.constant('operator' as const), grant: someGrant }),
    fc.record({ act: fc.constant('client' as const), metadata: someClient }),
    fc.record({ act: fc.constant('key' as const), made: someKey }),
  ),
});

/** Whoever the attackers can call as. */
function callersOf({ controlled, grants, clients, keys }: World): Caller[] {
  const ofUsers = [...controlled.users].map((userId) =>
    userCaller({ userId, scopes: adminScopeNames, grant: grants.get(userId) }),
  );
  const ofClients = [...controlled.clients].flatMap((clientId) => {
    const metadata = clients.get(clientId) ?? {};
    if (!(metadata.apis as string[] | undefined)?.includes(adminApi)) return [];
    const scopes = (metadata.scope as string | undefined)?.split(' ') ?? adminScopeNames;
    const project = projectOfClient({ source: 'operator', metadata });
    return [clientCaller({ clientId, scopes, project })];
  });
  const ofKeys = [...controlled.keys].flatMap((keyId) => {
    const made = keys.get(keyId);
    if (made?.api !== adminApi) return [];
    const { scopes, userId } = made;
    const user = userId === undefined ? undefined : { id: userId, grant: grants.get(userId) };
    return [apiKeyCaller({ keyId, scopes, ...(user && { user }) })];
  });
  return [...ofUsers, ...ofClients, ...ofKeys];
}

/** Each right on its own, by scope and project (`*`: everywhere). */
function rightsIn(world: World): Set<string> {
  return new Set(
    callersOf(world).flatMap(({ scopes, projects = ['*'] }) =>
      [...scopes].flatMap((scope) => projects.map((project) => `${scope} ${project}`)),
    ),
  );
}

const isHad = (right: string, had: ReadonlySet<string>) =>
  had.has(right) || had.has(`${right.split(' ')[0]} *`);

describe('No sequence of allowed operations', () => {
  test('by people, programs and keys that are no owners leads to a right that none of them had', () => {
    fc.assert(
      fc.property(
        fc.array(someGrant, { minLength: 4, maxLength: 4 }),
        fc.array(someClient, { minLength: 4, maxLength: 4 }),
        fc.array(someKey, { minLength: 4, maxLength: 4 }),
        fc.subarray(names),
        fc.subarray(names),
        fc.array(someAct, { minLength: 1, maxLength: 30 }),
        (grants, clients, keys, ofUsers, ofClients, acts) => {
          const world: World = {
            users: new Set(names),
            grants: new Map(grants.map((grant, index) => [names[index] ?? '', grant])),
            clients: new Map(clients.map((one, index) => [names[index] ?? '', one])),
            keys: new Map(keys.map((one, index) => [names[index] ?? '', one])) as World['keys'],
            controlled: { users: new Set(ofUsers), clients: new Set(ofClients), keys: new Set() },
          };
          const isOwner = (name: string) => world.grants.get(name)?.role === 'owner';
          for (const name of ofUsers) if (isOwner(name)) world.controlled.users.delete(name);
          const had = rightsIn(world);
          for (const { by, name, what } of acts) {
            const callers = callersOf(world);
            const caller = callers[by % Math.max(1, callers.length)];
            if (caller) attempt(world, caller, name, what);
            for (const right of rightsIn(world)) assert.ok(isHad(right, had), right);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function attempt(
  world: World,
  caller: Caller,
  name: string,
  what: Parameters<Parameters<typeof someAct.map>[0]>[0]['what'],
): void {
  const grantOf = (userId: string) => world.grants.get(userId);
  switch (what.act) {
    case 'user':
      if (mayTouchUser(caller, grantOf(name)).allowed) world.controlled.users.add(name);
      return;
    case 'operator':
      if (maySetOperator(caller, grantOf(name), what.grant).allowed)
        world.grants.set(name, what.grant);
      return;
    case 'client': {
      const before = client(world.clients.get(name) ?? {}, name);
      const after = client(what.metadata, name);
      if (!mayTouchClient(caller, { before, after }, apis).allowed) return;
      world.clients.set(name, what.metadata);
      world.controlled.clients.add(name);
      return;
    }
    case 'key': {
      const before = world.keys.get(name);
      const made = what.made as NonNullable<typeof before>;
      if (!mayTouchApiKey(caller, { ...(before && { before }), after: made }, grantOf).allowed)
        return;
      world.keys.set(name, made);
      world.controlled.keys.add(name);
    }
  }
}

test('Rights cover others only with each scope and each project', () => {
  const of = (scopes: AdminScope[], projects?: string[]) => ({
    scopes: new Set(scopes),
    ...(projects && { projects }),
  });
  assert.ok(covers(of(['users:read']), of([])));
  assert.ok(!covers(of(['users:read']), of(['users:write'])));
  assert.ok(!covers(of(['clients:read'], ['shop']), of(['clients:read'])));
  assert.ok(!covers(of(['clients:read'], ['shop']), of(['clients:read'], ['shop', 'pay'])));
  assert.ok(covers(of(['clients:read']), of(['clients:read'], ['pay'])));
});
