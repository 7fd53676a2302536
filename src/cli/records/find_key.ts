/**
 * The API key that an operator names on the command line.
 */
import { noSuchKey, parseKey } from '../../api_keys/room.ts';
import { sha256 } from '../../digests.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { OperatorContext } from '../context.ts';
import { readBearer } from '../terminal/input.ts';

/** By id, or by the key itself, preferably from stdin (`-`). Throws CardeaError `not_found`. */
export async function findKey(
  { store }: Pick<OperatorContext, 'store'>,
  idOrKey: string,
): Promise<ApiKeyRecord> {
  const text = await readBearer(idOrKey);
  const record = parseKey(text)
    ? await store.apiKeys.findByHash(sha256(text))
    : await store.apiKeys.find(text);
  if (!record) throw noSuchKey();
  return record;
}
