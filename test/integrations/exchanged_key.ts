/** What an API key becomes at the token endpoint: a JWT that says which environment the key is of. */
import assert from 'node:assert/strict';
import { openKeeper } from '../flows/api_keys/keys.ts';
import { postForm } from '../support/flows.ts';
import type { TestServer } from '../support/server.ts';
import { orders } from './configuration.ts';

/** A token for Orders that a new key was exchanged for. */
export async function exchangedKey(
  { issuer, store: url }: TestServer,
  environment: 'live' | 'test',
): Promise<string> {
  const { store, project, key: newKey } = await openKeeper(url);
  try {
    const { id: projectId } = await project({ api: orders });
    const { key } = await newKey({ api: orders, projectId, environment });
    const { body } = await postForm(`${issuer}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      ...{ subject_token: key, subject_token_type: 'urn:cardea:token-type:api_key' },
    });
    assert.equal(typeof body.access_token, 'string', JSON.stringify(body));
    return String(body.access_token);
  } finally {
    await store.close();
  }
}
