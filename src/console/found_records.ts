/**
 * Records in the search: those whose words begin with what was typed.
 */
import { search } from '../admin/room.ts';
import { CardeaError } from '../errors.ts';
import { apiKeyPath } from './api_keys/paths.ts';
import { apiPath } from './apis/paths.ts';
import { clientPath } from './clients/paths.ts';
import { operatorsAmong } from './operators/found_operators.ts';
import { projectPath } from './projects/paths.ts';
import type { SearchSource } from './search.ts';
import { userPath } from './users/paths.ts';

/** Of each kind that has a page: what it is called, and its page. */
const kinds: Record<string, { kind: string; hrefOf: (id: string) => string }> = {
  api: { kind: 'API', hrefOf: apiPath },
  client: { kind: 'Client', hrefOf: clientPath },
  project: { kind: 'Project', hrefOf: projectPath },
  user: { kind: 'User', hrefOf: userPath },
  api_key: { kind: 'API key', hrefOf: apiKeyPath },
};

export const findRecords: SearchSource = async (text, request) => {
  const { call, may } = request;
  if (!may(search)) return [];
  try {
    const { body } = await call(search, { query: { text } });
    const users = body.items.filter(({ kind }) => kind === 'user');
    const records = body.items.flatMap(({ kind: name, id, name: label, detail }) => {
      const known = kinds[name];
      if (!known) return [];
      const hint = detail === label ? undefined : detail;
      return [{ label, kind: known.kind, hint, href: known.hrefOf(id) }];
    });
    return [...records, ...(await operatorsAmong(users, request))];
  } catch (error) {
    if (error instanceof CardeaError && error.status < 500) return [];
    throw error;
  }
};
