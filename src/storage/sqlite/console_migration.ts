/**
 * The step of the schema by which refusals and statistics have tables of their own, and live sessions and grants are
 * listed. Like all steps it never changes.
 */
export const consoleMigration = `
  CREATE TABLE refusals (
    reference TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, client_id TEXT,
    refusal TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX refusals_at ON refusals (at, reference);
  CREATE INDEX refusals_client ON refusals (client_id, at, reference) WHERE client_id IS NOT NULL;
  CREATE INDEX refusals_reason ON refusals (reason, at, reference);
  CREATE INDEX refusals_expiry ON refusals (expires_at);
  INSERT OR IGNORE INTO refusals
    SELECT id, json_extract(payload, '$.at'), json_extract(payload, '$.reason'),
      json_extract(payload, '$.clientId'),
      json_set(payload, '$.reference', id, '$.expiresAt', expires_at), expires_at
    FROM artifacts WHERE kind = 'Refusal';
  DELETE FROM artifacts WHERE kind = 'Refusal';

  CREATE TABLE statistics (
    metric TEXT NOT NULL, bucket INTEGER NOT NULL, label TEXT NOT NULL,
    count INTEGER NOT NULL, sum REAL NOT NULL, max REAL NOT NULL,
    PRIMARY KEY (metric, bucket, label)
  ) WITHOUT ROWID;
  CREATE INDEX statistics_bucket ON statistics (bucket);

  CREATE INDEX artifacts_account_sessions ON artifacts (account_id) WHERE kind = 'Session';
  CREATE INDEX artifacts_account_grants ON artifacts (account_id) WHERE kind = 'Grant';
  CREATE INDEX artifacts_client_grants ON artifacts (client_id) WHERE kind = 'Grant';
  CREATE INDEX artifacts_client_refresh ON artifacts (client_id)
    WHERE kind = 'RefreshToken' AND consumed_at IS NULL;`;
