/**
 * What no response waits for, by name: the routine thread runs nothing else. Each is run once for each row of a
 * batch, in one transaction.
 */
export const routineStatements = {
  appendEvent: 'INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',

  addUsage: `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (day, key_id) DO UPDATE SET allowed = allowed + excluded.allowed,
    limited = limited + excluded.limited, denied = denied + excluded.denied`,

  addStatistics: `INSERT INTO statistics VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (metric, bucket, label) DO UPDATE SET count = count + excluded.count,
    sum = sum + excluded.sum, max = max(max, excluded.max)`,

  touchApiKey: `UPDATE api_keys SET last_used_at = ?1
    WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)`,

  touchClient: `INSERT INTO client_uses SELECT client_id, ?2, ?3 FROM clients WHERE client_id = ?1
    ON CONFLICT (client_id, secret) DO UPDATE SET last_used_at = excluded.last_used_at
    WHERE last_used_at < excluded.last_used_at`,

  // Each removes at most as many records as its second parameter says, from before its first.
  purgeEvents: `DELETE FROM audit_events WHERE (at, id) IN
    (SELECT at, id FROM audit_events WHERE at < ? ORDER BY at LIMIT ?)`,
  purgeApiKeys: `DELETE FROM api_keys WHERE rowid IN
    (SELECT rowid FROM api_keys WHERE ends_at < ? LIMIT ?)`,
  purgeStatistics: `DELETE FROM statistics WHERE (metric, bucket, label) IN
    (SELECT metric, bucket, label FROM statistics WHERE bucket < ? LIMIT ?)`,
  purgeRefusals: `DELETE FROM refusals WHERE reference IN
    (SELECT reference FROM refusals WHERE expires_at <= ? LIMIT ?)`,
  purgeArtifacts: `DELETE FROM artifacts WHERE rowid IN
    (SELECT rowid FROM artifacts WHERE expires_at <= ? LIMIT ?)`,
  purgeRevocations: `DELETE FROM revocations WHERE key IN
    (SELECT key FROM revocations WHERE expires_at <= ? LIMIT ?)`,
  purgeStatusLeases: `DELETE FROM status_leases WHERE (list, first) IN
    (SELECT list, first FROM status_leases WHERE expires_at <= ? LIMIT ?)`,
  purgeStatusRanges: `DELETE FROM status_ranges WHERE (list, first) IN
    (SELECT list, first FROM status_ranges WHERE expires_at <= ? LIMIT ?)`,
  purgeCounters: `DELETE FROM counters WHERE key IN
    (SELECT key FROM counters WHERE reset_at <= ? LIMIT ?)`,
  purgeClients: `DELETE FROM clients WHERE client_id IN
    (SELECT client_id FROM clients WHERE expires_at <= ? LIMIT ?)`,
  purgeWebhookDeliveries: `DELETE FROM webhook_deliveries WHERE id IN
    (SELECT id FROM webhook_deliveries WHERE expires_at <= ? LIMIT ?)`,
} as const;

export type RoutineStatement = keyof typeof routineStatements;
