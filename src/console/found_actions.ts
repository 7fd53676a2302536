/**
 * Things to do in the search: a verb and the name of a record, such as `disable bob`, lead to the page that does it.
 */
import {
  type AnyOperation,
  createRevocation,
  deleteClient,
  deleteProject,
  deleteUser,
  disableApiKey,
  disableClient,
  disableProject,
  disableUser,
  enableApiKey,
  enableClient,
  enableProject,
  enableUser,
  patchApiKey,
  patchClient,
  patchProject,
  putUser,
  revokeApiKey,
  rotateApiKey,
  rotateClientSecret,
  search,
} from '../admin/room.ts';
import { mayRevoke } from '../operators/room.ts';
import { apiKeyPath } from './api_keys/paths.ts';
import { clientPath } from './clients/paths.ts';
import type { ConsoleRequest } from './page.ts';
import { capitalized } from './parts/capitalized.ts';
import { projectPath } from './projects/paths.ts';
import { revokePath } from './revocations/paths.ts';
import type { SearchSource } from './search.ts';
import { userPath } from './users/paths.ts';

/** What is done to a record of a kind: the operation, and the page that asks for it. */
type Action = { operation: AnyOperation; hrefOf: (id: string) => string };
type Actions = Record<string, Action>;

const page = (operation: AnyOperation, hrefOf: Action['hrefOf']): Action => ({
  ...{ operation, hrefOf },
});
const revoking = (kind: string) => page(createRevocation, (id) => revokePath(kind, id));

/** By verb and by the kind of the record. */
const verbs: Record<string, Actions> = {
  revoke: {
    ...{ user: revoking('user'), client: revoking('client'), project: revoking('project') },
    api_key: page(revokeApiKey, (id) => apiKeyPath(id, '/revoke')),
  },
  disable: {
    user: page(disableUser, (id) => userPath(id, '/disable')),
    client: page(disableClient, (id) => clientPath(id, '/disable')),
    project: page(disableProject, (id) => projectPath(id, '/disable')),
    api_key: page(disableApiKey, (id) => apiKeyPath(id, '/disable')),
  },
  enable: {
    user: page(enableUser, (id) => userPath(id, '/enable')),
    client: page(enableClient, (id) => clientPath(id, '/enable')),
    project: page(enableProject, (id) => projectPath(id, '/enable')),
    api_key: page(enableApiKey, (id) => apiKeyPath(id, '/enable')),
  },
  edit: {
    user: page(putUser, (id) => userPath(id, '/edit')),
    client: page(patchClient, (id) => clientPath(id, '/edit')),
    project: page(patchProject, (id) => projectPath(id, '/edit')),
    api_key: page(patchApiKey, (id) => apiKeyPath(id, '/edit')),
  },
  rotate: {
    client: page(rotateClientSecret, (id) => clientPath(id, '/new-secret')),
    api_key: page(rotateApiKey, (id) => apiKeyPath(id, '/rotate')),
  },
  delete: {
    user: page(deleteUser, (id) => userPath(id, '/delete')),
    client: page(deleteClient, (id) => clientPath(id, '/delete')),
    project: page(deleteProject, (id) => projectPath(id, '/delete')),
  },
};

export const searchVerbs: readonly string[] = Object.keys(verbs);

export const findActions: SearchSource = async (text, request) => {
  const [, verb = '', name = ''] = /^(\w+)\s+(\S.*)$/.exec(text) ?? [];
  const actions = verbs[verb.toLowerCase()];
  if (!actions || !request.may(search)) return [];
  const { body } = await request.call(search, { query: { text: name } });
  return body.items.flatMap(({ kind, id, name: label, detail }) => {
    const action = actions[kind];
    if (!action || !isAllowed(action, kind, request)) return [];
    const hint = detail === label ? undefined : detail;
    const what = `${capitalized(verb.toLowerCase())} ${label}`;
    return [{ label: what, kind: 'Do', hint, href: action.hrefOf(id) }];
  });
};

function isAllowed(
  { operation }: Action,
  kind: string,
  { may, caller }: Pick<ConsoleRequest, 'may' | 'caller'>,
): boolean {
  if (!may(operation)) return false;
  return operation !== (createRevocation as AnyOperation) || mayRevoke(caller, kind).allowed;
}
