/**
 * The API key that an operator names on the command line.
 */
import { parseKey } from '../api_keys/format.ts';
import { noSuchKey } from '../api_keys/key_writer.ts';
import { sha256 } from '../ids.ts';
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import type { OperatorContext } from './context.ts';
import { readBearer } from './input.ts';

/** By id; or by the key itself, best from stdin (`-`). Throws CardeaError `not_found`. */
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
