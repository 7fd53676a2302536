/**
 * Lists of APIs by words and by state. A server keeps a thousand of them, so they are looked through: no index is worth
 * its upkeep.
 */
import type { ApiRecord, ApiStore } from '../storage/apis.ts';
import { boundedPage, type Page } from '../storage/pages.ts';
import {
  hasWords,
  mayHaveWords,
  recordWords,
  type SearchedTexts,
  searchedWords,
} from '../storage/search_words.ts';

export type ApiListOptions = {
  /** The `next` of the page before. */
  after?: string | undefined;
  limit: number;
  /** Words that each begin a word of its identifier, aliases or names. */
  text?: string | undefined;
  enabled?: boolean | undefined;
};

export function listApis(
  store: Pick<ApiStore, 'list'>,
  { after, limit, text, enabled }: ApiListOptions,
): Promise<Page<ApiRecord>> {
  const words = searchedWords(text);
  return boundedPage<ApiRecord>({
    ...{ after, limit },
    isFiltered: words.length > 0 || enabled !== undefined,
    matches(api) {
      if (enabled !== undefined && enabled !== (api.disabledAt === undefined)) return false;
      if (words.length === 0) return true;
      const texts = textsOf(api);
      return mayHaveWords(texts, words) && hasWords(recordWords(texts), words);
    },
    read: async (from, size) => {
      const records = await store.list({ after: from, limit: size });
      return records.map((item) => ({ item, place: item.identifier }));
    },
  });
}

function textsOf({ identifier, aliases, members: { name } }: ApiRecord): SearchedTexts {
  const names = typeof name === 'object' && name !== null ? Object.values(name) : [name];
  const uris = [identifier, ...aliases];
  return { ids: uris.map(withoutScheme), texts: [...uris, ...names] };
}

/** Few people begin with `https`. */
function withoutScheme(uri: string): string {
  return uri.replace(/^[a-z][a-z0-9+.-]*:\/*/i, '');
}
