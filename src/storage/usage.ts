/**
 * Usage of API keys: how often each was allowed, limited and denied on a day. Only ever added to.
 */
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
