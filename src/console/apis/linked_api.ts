/**
 * An API that another object names, as a link to its page where the person may go there.
 */
import { getApi } from '../../admin/room.ts';
import { adminApi } from '../../definitions/admin_scopes.ts';
import type { ConsoleRequest } from '../page.ts';
import { show, type Value } from '../parts/values.ts';
import { apiPath } from './paths.ts';

/** Cardea's own has no page. */
export function linkedApi(identifier: string, { may }: Pick<ConsoleRequest, 'may'>): Value {
  if (identifier === adminApi || !may(getApi)) return show.code(identifier);
  return show.link(identifier, apiPath(identifier));
}
