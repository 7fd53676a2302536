/**
 * Usage of API keys: how often each was allowed, limited and denied on a day. Only ever added to.
 */
import { filteredPages, type Link } from './filtered_pages.ts';

export type UsageCounts = { allowed: number; limited: number; denied: number };

export type UsageRow = UsageCounts & {
  /** `2031-05-04`, UTC. */
  day: string;
  keyId: string;
  /** The project's id; empty for a user's key. */
  projectId: string;
  api: string;
};

export type UsageStore = {
  /**
   * Adds the counts to those of the same day and key, all in one write; atomic for each row. A failure of the
   * machine may take what was added in the last ten seconds.
   */
  add(rows: readonly UsageRow[]): Promise<void>;
  /**
   * Rows of days from `from` to `to` (both included, `2031-05-04`), ascending by (day, keyId), after `after`,
   * of one key, one project, one API, or all.
   */
  query(options: {
    from: string;
    to: string;
    keyId?: string | undefined;
    projectId?: string | undefined;
    api?: string | undefined;
    after?: Pick<UsageRow, 'day' | 'keyId'> | undefined;
    limit: number;
  }): Promise<UsageRow[]>;
};

type UsageQuery = Parameters<UsageStore['query']>[0];

/** What one index answers: all, or those with one link. */
export type UsagePage = Pick<UsageQuery, 'after' | 'limit'> & {
  link: Link<'key_id' | 'project_id' | 'api'>;
};

function columnsOf({ keyId, projectId, api }: UsageRow) {
  return { key_id: keyId, project_id: projectId, api };
}

/** UsageStore.query, of pages that each go by one index: a key's, a project's, or else an API's. */
export function usagePages(
  { keyId, projectId, api, after, limit }: UsageQuery,
  read: (page: UsagePage) => Promise<UsageRow[]>,
): Promise<UsageRow[]> {
  return filteredPages({
    conditions: [
      { column: 'key_id', value: keyId },
      { column: 'project_id', value: projectId },
      { column: 'api', value: api },
    ],
    matches: (row, { column, value }) => columnsOf(row)[column] === value,
    limit,
    read: (link, last, size) => read({ link, after: last ?? after, limit: size }),
  });
}
