/**
 * The first reading of an export: says what is wrong with each user and client, alone, beside the others of the file, and
 * beside those of the store.
 */
import type { ImportedClient, ImportedClients } from '../clients/room.ts';
import { createUserReader } from '../config/user_problems.ts';
import { normaliseName } from '../definitions/names.ts';
import type { ImportedUser, ImportedUsers } from '../users/room.ts';
import type { ImportItem, UserData } from './items.ts';

/** What becomes of an item. `problems`: sentences. */
export type Checked = {
  where: string;
  notes: readonly string[];
} & (
  | { kind: 'user'; state: 'new'; user: ImportedUser }
  | { kind: 'client'; state: 'new'; client: ImportedClient }
  | { kind: 'user' | 'client'; state: 'there' }
  | { kind: 'user' | 'client' | 'unknown'; state: 'invalid'; problems: readonly string[] }
  | { kind: 'unknown'; state: 'skipped' }
);

export type CheckItem = (item: ImportItem) => Promise<Checked>;

/** For one reading of one file; knows the names that it has seen. */
export function createItemCheck({
  users,
  clients,
}: {
  users: Pick<ImportedUsers, 'check' | 'has'>;
  clients: Pick<ImportedClients, 'check' | 'has'>;
}): CheckItem {
  const readUser = createUserReader();
  /** RFC 9068 section 5: a service's tokens have its client_id as sub, so that no user may have it as subject. */
  const seen = new Map<string, string>();

  /** Sentences about names that an earlier item of the file has. */
  const claim = (where: string, names: Readonly<Record<string, string | undefined>>) => {
    // A username may be the same person's email address.
    const own = new Set<string>();
    return Object.entries(names).flatMap(([member, name]) => {
      if (name === undefined || own.has(name)) return [];
      own.add(name);
      const first = seen.get(name);
      if (first === undefined) seen.set(name, where);
      return first === undefined ? [] : [`Its ${member} is that of ${first} already.`];
    });
  };

  async function checkUser(where: string, given: UserData, before: readonly string[]) {
    const notes = [...before];
    const { problems: mistakes, user } = readUser({ ...given.data, groups: given.groups });
    if (!user) {
      const problems = mistakes.map(sentence);
      return { kind: 'user', state: 'invalid', where, notes, problems } as const;
    }
    const { password: _none, ...rest } = user;
    const imported = { ...rest, disabled: given.disabled };
    const twice = claim(where, {
      subject: user.subject && `id ${user.subject}`,
      username: `name ${normaliseName(user.username)}`,
      email: user.email && `name ${normaliseName(user.email)}`,
    });
    const { problems: found, isThere } = await users.check(imported);
    const isClient = user.subject !== undefined && (await clients.has(user.subject));
    const confusable = isClient ? ['Its subject is the id of a client of the store.'] : [];
    const problems = [...twice, ...confusable, ...found.map(sentence)];
    if (problems.length > 0) {
      return { kind: 'user', state: 'invalid', where, notes, problems } as const;
    }
    if (isThere) return { kind: 'user', state: 'there', where, notes } as const;
    return { kind: 'user', state: 'new', where, notes, user: imported } as const;
  }

  async function checkClient(where: string, client: ImportedClient, notes: readonly string[]) {
    const twice = claim(where, { client_id: `id ${client.clientId}` });
    const { problems: found, isThere } = await clients.check(client);
    const isUser = await users.has(client.clientId);
    const confusable = isUser ? ['Its client_id is the subject of a user of the store.'] : [];
    const problems = [...twice, ...confusable, ...found];
    if (problems.length > 0) {
      return { kind: 'client', state: 'invalid', where, notes, problems } as const;
    }
    if (isThere) return { kind: 'client', state: 'there', where, notes } as const;
    return { kind: 'client', state: 'new', where, notes, client } as const;
  }

  return async (item) => {
    const { where, notes = [] } = item;
    switch (item.kind) {
      case 'user':
        return checkUser(where, item.user, notes);
      case 'client':
        return checkClient(where, item.client, notes);
      case 'skipped':
        return { kind: 'unknown', state: 'skipped', where, notes };
      case 'problem':
        return { kind: 'unknown', state: 'invalid', where, notes, problems: [item.problem] };
    }
  };
}

function sentence({ where, problem, remedy }: { where: string; problem: string; remedy: string }) {
  return `${where || 'It'} ${problem}. ${remedy}`;
}
