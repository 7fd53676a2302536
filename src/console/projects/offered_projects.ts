/**
 * Projects for the forms in which one is named: the first of them by name. Others can be typed all the same.
 */
import { listProjects } from '../../admin/room.ts';
import type { ConsoleRequest } from '../page.ts';
import { mostListed } from '../parts/counts.ts';
import type { Offer } from '../parts/fields.ts';

export async function offeredProjects({
  call,
  may,
}: Pick<ConsoleRequest, 'call' | 'may'>): Promise<readonly Offer[]> {
  if (!may(listProjects)) return [];
  const { body } = await call(listProjects, { query: { limit: String(mostListed) } });
  return body.items.map(({ id, name, api }) => ({ value: id, label: name, hint: api }));
}
