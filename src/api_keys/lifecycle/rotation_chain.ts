/**
 * A lineage: a key, those that it was rotated from and those that it was rotated to.
 */
import type { ApiKeyRecord, ApiKeyStore } from '../../storage/api_keys.ts';

const pageSize = 500;

/** All keys of the record's lineage that are stored: daily rotation leaves some hundred that have ended. */
export async function rotationChainOf(
  keys: Pick<ApiKeyStore, 'list'>,
  { lineage }: Pick<ApiKeyRecord, 'lineage'>,
): Promise<ApiKeyRecord[]> {
  const members: ApiKeyRecord[] = [];
  let after: string | undefined;
  do {
    const page = await keys.list({ lineage, after, limit: pageSize });
    members.push(...page);
    after = page.length === pageSize ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
  return members;
}
