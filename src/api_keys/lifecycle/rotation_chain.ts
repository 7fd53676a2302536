/**
 * A rotation chain: a key, the keys it was rotated from, and the keys it was rotated to. Records store its id
 * as `lineage`.
 */
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';

const pageSize = 500;

/** All stored keys of the record's rotation chain. Daily rotation leaves a few hundred ended ones. */
export async function rotationChainOf(
  keys: Pick<ApiKeyStore, 'list'>,
  { lineage }: Pick<ApiKeyRecord, 'lineage'>,
): Promise<ApiKeyRecord[]> {
  const members: ApiKeyRecord[] = [];
  let after: string | undefined;
  do {
    const page = await keys.list({ lineage, after, limit: pageSize });
    members.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return members;
}
