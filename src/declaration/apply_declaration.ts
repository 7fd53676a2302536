/**
 * Applies the declarative file when a node starts: brings APIs, clients, users and operators in line with it, deals
 * with what was removed from it, and logs what it changed.
 */

import { createHmac } from 'node:crypto';
import type { Apis } from '../apis/room.ts';
import { byFile } from '../audit/room.ts';
import type { Clients } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { unreleasedClaims } from '../config/schema/standard_claims.ts';
import { minuteMs } from '../definitions/units.ts';
import { CardeaError } from '../errors.ts';
import type { Operators } from '../operators/room.ts';
import { createPersonScopes } from '../scopes/room.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Users } from '../users/room.ts';
import {
  type DeclaredName,
  noteRemoved,
  type RemovedName,
  readDeclarationRecord,
  recordDeclaration,
} from './declaration_record.ts';
import { applyOperators } from './declared_operators.ts';

type DeclarationLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

export async function applyDeclaration({
  declaration,
  apis,
  clients,
  users,
  operators,
  documents,
  digestKeys,
  clock,
  log,
}: {
  declaration: Declaration;
  apis: Pick<Apis, 'applyDeclared' | 'find' | 'disable'>;
  clients: Pick<Clients, 'applyDeclared' | 'find' | 'disable'>;
  users: Pick<Users, 'applyDeclared' | 'find' | 'findByUsername' | 'disable'>;
  operators: Pick<Operators, 'set' | 'find' | 'remove'>;
  documents: DocumentStore;
  /**
   * Derived from the master secrets, the current one first. The digest is keyed because the file contains secrets.
   */
  digestKeys: readonly Buffer[];
  clock: Clock;
  log: DeclarationLog;
}): Promise<void> {
  const rooms = { user: users, client: clients, api: apis };
  const begunAt = clock.now();
  const formerUsers = await idsOfFormerUsers(documents);
  const [ofApis, ofClients, ofUsers] = await Promise.all([
    apis.applyDeclared(declaration.apis),
    clients.applyDeclared(declaration.clients),
    users.applyDeclared(declaration.users),
  ]);
  const ofOperators = await applyOperators(declaration.users, { users, operators });
  const people = await declaredUsers();
  const declared = [
    ...people.map(({ id, username: name }) => ({ kind: 'user' as const, id, name })),
    ...declaredClients(),
    ...declaredApis(),
    ...ofOperators.declared,
  ];
  const text = JSON.stringify(declaration);
  const [digest = '', ...older] = digestKeys.map((key) =>
    createHmac('sha256', key).update(text).digest('base64url'),
  );
  const { age, record } = await recordDeclaration(documents, {
    digests: [digest, ...older],
    ...{ declared, now: clock.now() },
  });

  if (ofClients.retiredSecret.length > 0) {
    log.warn(
      { clients: ofClients.retiredSecret.join(' ') },
      'the declarative file names a client secret that was already rotated; the newer one stays',
    );
  }
  // Whoever took a name before the file had it gets what the file gives to the name, a role as an operator included.
  report('the declarative file names users who were there before: see that they are who is meant', {
    users: people.filter(wasThere).map(({ username }) => username),
  });
  const takenOver = { apis: ofApis.takenOver };
  report('the declarative file took over APIs that were made while the server ran', takenOver);
  const withoutAlias = { apis: ofApis.lostAlias };
  report('APIs lost aliases that the declarative file gives to others', withoutAlias);
  const { isReleased } = createPersonScopes(declaration);
  for (const { username, claims } of declaration.users) {
    const unreleased = unreleasedClaims(claims, isReleased).map(({ claim }) => claim);
    if (unreleased.length === 0) continue;
    const fields = { user: username, claims: unreleased.join(' ') };
    log.warn(fields, 'the declarative file has claims that no scope releases');
  }
  for (const { name: user, reason } of ofOperators.refused) {
    log.warn({ user, reason }, 'the declarative file declares an operator that was not made one');
  }
  report(
    age === 'same'
      ? 'the declarative file reverted changes made in the meantime'
      : 'the declarative file changed users, clients, APIs or operators',
    {
      ...{ users: ofUsers.updated, clients: ofClients.updated, apis: ofApis.updated },
      operators: ofOperators.updated,
    },
    age === 'same' ? 'warn' : 'info',
  );
  if (age === 'replaced') {
    log.warn(
      {},
      'this declarative file was already replaced by another one, so it removes nothing. Give every node the same file',
    );
    return;
  }
  await dealWithRemoved(record.removed);

  async function declaredUsers(): Promise<UserRecord[]> {
    const found = await Promise.all(
      declaration.users.map(({ username }) => users.findByUsername(username)),
    );
    return found.filter((user) => user !== undefined);
  }

  /** Another node may apply the same file at this moment. */
  function wasThere({ id, username, createdAt }: UserRecord): boolean {
    if (ofUsers.created.includes(username) || formerUsers.has(id)) return false;
    return createdAt < begunAt - minuteMs;
  }

  function declaredClients(): DeclaredName[] {
    return declaration.clients.map(({ client_id: id }) => ({ kind: 'client', id, name: id }));
  }

  function declaredApis(): DeclaredName[] {
    return declaration.apis.map(({ identifier: id }) => ({ kind: 'api', id, name: id }));
  }

  async function dealWithRemoved(removed: readonly RemovedName[]) {
    const states = await Promise.all(removed.map(stateOf));
    const inState = (wanted: Awaited<ReturnType<typeof stateOf>>) =>
      removed.filter((_one, index) => states[index] === wanted);
    const gone = inState('gone');
    const enabled = inState('enabled');
    const toDisable =
      declaration.declaration.remove === 'disable'
        ? enabled.filter(({ disabled }) => !disabled)
        : [];
    const disabled: RemovedName[] = [];
    for (const one of toDisable) if (await disable(one)) disabled.push(one);
    await noteRemoved(documents, { disabled, gone });
    report('removed from the declarative file, and disabled', namesOf(disabled));
    report(
      'removed from the declarative file but still in use: disable or delete them, or set declaration.remove',
      namesOf(enabled.filter((one) => !disabled.includes(one))),
    );
  }

  async function stateOf({ kind, id }: DeclaredName) {
    if (kind === 'operator') return (await operators.find(id)) ? 'enabled' : 'gone';
    const found = await rooms[kind].find(id);
    if (!found) return 'gone';
    return found.disabledAt === undefined ? 'enabled' : 'disabled';
  }

  /** Whether it is disabled now. The last owner never is, whatever the file says. */
  async function disable({ kind, id, name }: DeclaredName): Promise<boolean> {
    try {
      if (kind === 'operator') await operators.remove(id, byFile);
      else await rooms[kind].disable(id, byFile);
      return true;
    } catch (error) {
      if (!(error instanceof CardeaError)) throw error;
      // Someone just deleted it.
      if (error.code === 'not_found') return true;
      if (error.code !== 'last_owner') throw error;
      const fields = { user: name };
      log.warn(fields, 'the last owner was removed from the declarative file and stays an owner');
      return false;
    }
  }

  function report(
    message: string,
    names: { [list in 'users' | 'clients' | 'apis' | 'operators']?: readonly string[] },
    level: 'info' | 'warn' = 'warn',
  ) {
    const fields = Object.entries(names)
      .filter(([, list]) => list.length > 0)
      .map(([kind, list]) => [kind, list.join(' ')]);
    if (fields.length > 0) log[level](Object.fromEntries(fields), message);
  }
}

/** Of users whom a file has named at some time. */
async function idsOfFormerUsers(documents: DocumentStore): Promise<ReadonlySet<string>> {
  const { declared, removed } = await readDeclarationRecord(documents);
  const named = [...declared, ...removed].filter(({ kind }) => kind === 'user');
  return new Set(named.map(({ id }) => id));
}

function namesOf(all: readonly DeclaredName[]) {
  const of = (kind: DeclaredName['kind']) =>
    all.filter((one) => one.kind === kind).map(({ name }) => name);
  return {
    ...{ users: of('user'), clients: of('client'), apis: of('api') },
    operators: of('operator'),
  };
}
