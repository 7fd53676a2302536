/**
 * Users for the forms in which one is named by the subject: all of them, where they are few. More can be told by nobody
 * from a list, and are typed.
 */
import { listUsers } from '../../admin/room.ts';
import type { ConsoleRequest } from '../page.ts';
import type { Offer } from '../parts/fields.ts';

const most = 50;

export async function offeredUsers({
  call,
  may,
}: Pick<ConsoleRequest, 'call' | 'may'>): Promise<readonly Offer[]> {
  if (!may(listUsers)) return [];
  const { body } = await call(listUsers, { query: { limit: most } });
  if (body.next !== null) return [];
  return body.items.map(({ id, username, email }) => ({
    ...{ value: id, label: username, ...(email && { hint: email }) },
  }));
}
