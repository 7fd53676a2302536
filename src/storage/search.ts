/**
 * One search over all kinds of records that are found by words, and the filling in of the words of records from before
 * there were any.
 */
import type { ApiKeyRecord, ApiKeyStore } from './api_keys.ts';
import type { ClientRecord, ClientStore } from './clients.ts';
import type { DocumentStore } from './documents.ts';
import type { SearchKind } from './listing.ts';
import type { ProjectRecord, ProjectStore } from './projects.ts';
import { searchedWords, wordsVersion } from './search_words.ts';
import type { UserRecord, UserStore } from './users.ts';

export type SearchResult =
  | { kind: 'user'; record: UserRecord }
  | { kind: 'client'; record: ClientRecord }
  | { kind: 'project'; record: ProjectRecord }
  | { kind: 'api_key'; record: ApiKeyRecord };

type SearchResults = {
  /** Kind by kind, in the order of the kinds. */
  items: SearchResult[];
  /** The kinds of which more may match than are here. */
  more: SearchKind[];
  /** False while records from before an update may not be found yet: their words are being filled in. */
  isComplete: boolean;
};

export type SearchStore = {
  /**
   * At most `limit` of each kind whose words begin with the words of the text, see the `list` of each store. Without a
   * word nothing. Bounded: of a text whose every word is very common, some that match may be left out (`more`).
   */
  find(options: {
    text: string;
    kinds: readonly SearchKind[];
    limit: number;
  }): Promise<SearchResults>;
  /**
   * Gives the words and links that lists go by to at most `limit` records of this kind, in the order of their ids,
   * behind `after`; answers the last of these ids and how many records were looked at. May be repeated.
   */
  fill(options: { kind: SearchKind; after: string; limit: number }): Promise<FilledPart>;
};

type FilledPart = { last: string | undefined; lookedAt: number };

/** How far the filling is, as the document of this name says; of another version it begins anew. */
export const fillDocument = 'search_words';
export type FillProgress = { version: number; kind: SearchKind; after: string; isDone: boolean };

export function isFilled(progress: FillProgress | undefined): boolean {
  return progress?.version === wordsVersion && progress.isDone;
}

export type Fillable = { fill(options: { after: string; limit: number }): Promise<FilledPart> };

/** The stores whose records are found by words. */
type Stores = {
  apiKeys: Pick<ApiKeyStore, 'list'> & Fillable;
  clients: Pick<ClientStore, 'list'> & Fillable;
  projects: Pick<ProjectStore, 'list'> & Fillable;
  users: Pick<UserStore, 'list'> & Fillable;
};

/** See SearchStore: the lists of the stores of an engine, one of each kind. */
export function createSearch(
  { apiKeys, clients, projects, users }: Stores,
  documents: Pick<DocumentStore, 'get'>,
): SearchStore {
  const stores = { user: users, client: clients, project: projects, api_key: apiKeys };
  let isComplete = false;

  return {
    async find({ text, kinds, limit }) {
      isComplete ||= isFilled((await documents.get<FillProgress>(fillDocument))?.value);
      if (searchedWords(text).length === 0) return { items: [], more: [], isComplete };
      const found = await Promise.all(
        kinds.map(async (kind) => ({ kind, page: await stores[kind].list({ text, limit }) })),
      );
      return {
        items: found.flatMap(({ kind, page }) =>
          page.items.map((record) => ({ kind, record }) as SearchResult),
        ),
        more: found.flatMap(({ kind, page }) => (page.next === undefined ? [] : [kind])),
        isComplete,
      };
    },
    fill: ({ kind, after, limit }) => stores[kind].fill({ after, limit }),
  };
}
