/**
 * The schema and its history. The version stands in SQLite's own `user_version`; each migration runs
 * once, in one transaction with the change of the version, whoever of several processes comes first.
 */
import { StoreTooNewError } from '../errors.ts';
import { applicationId, type Connection, pragmaNumber } from './connection.ts';
import { consoleMigration } from './console_migration.ts';
import { clientApisMigration, listMigration } from './list_migration.ts';

/**
 * Migration n (from 1) leads from version n-1 to n. Published ones never change. The artifacts' table
 * keeps its rowid: its ids are random, and with its rows in order of arrival a write touches fewer
 * pages (measured: half as many again writes per second as WITHOUT ROWID). It also tells which is newest.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE artifacts (
    kind TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL,
    grant_id TEXT, family_id TEXT, account_id TEXT, client_id TEXT, session_uid TEXT, alias TEXT,
    consumed_at INTEGER, expires_at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX artifacts_id ON artifacts (kind, id);
  CREATE INDEX artifacts_grant ON artifacts (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX artifacts_family ON artifacts (family_id) WHERE family_id IS NOT NULL;
  CREATE INDEX artifacts_account ON artifacts (account_id, client_id)
    WHERE account_id IS NOT NULL;
  CREATE INDEX artifacts_client ON artifacts (client_id) WHERE client_id IS NOT NULL;
  CREATE INDEX artifacts_session ON artifacts (session_uid) WHERE session_uid IS NOT NULL;
  CREATE INDEX artifacts_alias ON artifacts (alias) WHERE alias IS NOT NULL;
  CREATE INDEX artifacts_expiry ON artifacts (expires_at);

  CREATE TABLE documents (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE sequences (
    name TEXT PRIMARY KEY, value INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE revocations (
    key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, before INTEGER,
    status_list TEXT, status_index INTEGER, work TEXT, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX revocations_sequence ON revocations (sequence);
  CREATE INDEX revocations_work ON revocations (sequence) WHERE work IS NOT NULL;
  CREATE INDEX revocations_expiry ON revocations (expires_at);

  CREATE TABLE status_ranges (
    list TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
    issued_from INTEGER NOT NULL, per_second INTEGER NOT NULL,
    client_id TEXT NOT NULL, api TEXT NOT NULL, key_id TEXT NOT NULL,
    user_id TEXT, grant_id TEXT, family_id TEXT, session TEXT, derived_from TEXT,
    as_of INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (list, first)
  ) WITHOUT ROWID;
  CREATE INDEX status_ranges_grant ON status_ranges (grant_id, list, first)
    WHERE grant_id IS NOT NULL;
  CREATE INDEX status_ranges_session ON status_ranges (session, list, first)
    WHERE session IS NOT NULL;
  CREATE INDEX status_ranges_user ON status_ranges (user_id, list, first)
    WHERE user_id IS NOT NULL;
  CREATE INDEX status_ranges_client ON status_ranges (client_id, list, first);
  CREATE INDEX status_ranges_expiry ON status_ranges (expires_at);
  CREATE TABLE status_range_origins (
    origin TEXT NOT NULL, list TEXT NOT NULL, first INTEGER NOT NULL,
    PRIMARY KEY (origin, list, first)
  ) WITHOUT ROWID;
  CREATE TRIGGER status_range_derived AFTER INSERT ON status_ranges
    WHEN NEW.derived_from IS NOT NULL BEGIN
      INSERT INTO status_range_origins
        SELECT value, NEW.list, NEW.first FROM json_each(NEW.derived_from);
    END;
  CREATE TRIGGER status_range_gone AFTER DELETE ON status_ranges
    WHEN OLD.derived_from IS NOT NULL BEGIN
      DELETE FROM status_range_origins WHERE list = OLD.list AND first = OLD.first
        AND origin IN (SELECT value FROM json_each(OLD.derived_from));
    END;

  CREATE TABLE counters (
    key TEXT PRIMARY KEY, count INTEGER NOT NULL, reset_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX counters_reset ON counters (reset_at);

  CREATE TABLE clients (
    client_id TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL
  );

  CREATE TABLE users (
    id TEXT PRIMARY KEY, username TEXT NOT NULL, email TEXT, version INTEGER NOT NULL,
    record TEXT NOT NULL
  );
  CREATE UNIQUE INDEX users_username ON users (username);
  CREATE UNIQUE INDEX users_email ON users (email) WHERE email IS NOT NULL;

  CREATE TABLE projects (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE UNIQUE INDEX projects_name ON projects (name);

  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL, lineage TEXT NOT NULL, project_id TEXT, user_id TEXT,
    ends_at INTEGER, revoked_at INTEGER, last_used_at INTEGER, version INTEGER NOT NULL,
    record TEXT NOT NULL
  );
  CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
  CREATE INDEX api_keys_lineage ON api_keys (lineage, id);
  CREATE INDEX api_keys_project ON api_keys (project_id, id) WHERE project_id IS NOT NULL;
  CREATE INDEX api_keys_user ON api_keys (user_id, id) WHERE user_id IS NOT NULL;
  CREATE INDEX api_keys_end ON api_keys (ends_at, id) WHERE ends_at IS NOT NULL;

  CREATE TABLE usage (
    day TEXT NOT NULL, key_id TEXT NOT NULL, project_id TEXT NOT NULL, api TEXT NOT NULL,
    allowed INTEGER NOT NULL, limited INTEGER NOT NULL, denied INTEGER NOT NULL,
    PRIMARY KEY (day, key_id)
  ) WITHOUT ROWID;
  CREATE INDEX usage_key ON usage (key_id, day);
  CREATE INDEX usage_project ON usage (project_id, day, key_id);
  CREATE INDEX usage_api ON usage (api, day, key_id);

  CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY, endpoint TEXT NOT NULL, message TEXT NOT NULL, payload TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, due_at);
  CREATE INDEX webhook_deliveries_expiry ON webhook_deliveries (expires_at);

  CREATE TABLE audit_events (
    at INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, user_id TEXT, client_id TEXT,
    event TEXT NOT NULL, PRIMARY KEY (at, id)
  ) WITHOUT ROWID;
  CREATE INDEX audit_events_type ON audit_events (type, at);
  CREATE INDEX audit_events_user ON audit_events (user_id, at) WHERE user_id IS NOT NULL;
  CREATE INDEX audit_events_client ON audit_events (client_id, at) WHERE client_id IS NOT NULL;`,

  // What is looked up by a link is of one kind, so its index has that kind alone: spent refresh tokens are in none.
  `DROP INDEX artifacts_session;
  DROP INDEX artifacts_alias;
  DROP INDEX artifacts_account;
  DROP INDEX artifacts_grant;
  CREATE INDEX artifacts_sessions ON artifacts (session_uid) WHERE kind = 'Session';
  CREATE INDEX artifacts_device_codes ON artifacts (alias) WHERE kind = 'DeviceCode';
  CREATE INDEX artifacts_grants ON artifacts (account_id, client_id) WHERE kind = 'Grant';
  CREATE INDEX artifacts_account ON artifacts (account_id) WHERE account_id IS NOT NULL;
  CREATE INDEX artifacts_grant ON artifacts (grant_id, session_uid) WHERE grant_id IS NOT NULL;
  CREATE INDEX status_ranges_family ON status_ranges (family_id, list, first)
    WHERE family_id IS NOT NULL;`,

  // Leases, by which many tokens are revoked at once. What is there becomes a lease of its own, range by range.
  `CREATE TABLE status_leases (
    list TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
    api TEXT NOT NULL, key_id TEXT NOT NULL, client_id TEXT,
    issued_from INTEGER NOT NULL, issued_until INTEGER NOT NULL, as_of INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (list, first)
  ) WITHOUT ROWID;
  CREATE INDEX status_leases_api ON status_leases (api, list, first);
  CREATE INDEX status_leases_client ON status_leases (client_id, list, first)
    WHERE client_id IS NOT NULL;
  CREATE INDEX status_leases_expiry ON status_leases (expires_at);
  INSERT INTO status_leases SELECT list, first, count, api, key_id, NULL, 0, expires_at / 1000,
    as_of, expires_at FROM status_ranges;
  ALTER TABLE status_ranges ADD COLUMN in_client_lease INTEGER;
  DROP INDEX status_ranges_client;
  CREATE INDEX status_ranges_client ON status_ranges (client_id, list, first)
    WHERE in_client_lease IS NULL;`,

  // Clients that came by themselves and were never used.
  `ALTER TABLE clients ADD COLUMN expires_at INTEGER;
  CREATE INDEX clients_expiry ON clients (expires_at) WHERE expires_at IS NOT NULL;`,

  // Audit events by who did what with which request; the register of their chains; those of changes under way.
  `ALTER TABLE audit_events ADD COLUMN actor TEXT;
  ALTER TABLE audit_events ADD COLUMN target TEXT;
  ALTER TABLE audit_events ADD COLUMN request_id TEXT;
  CREATE INDEX audit_events_actor ON audit_events (actor, at) WHERE actor IS NOT NULL;
  CREATE INDEX audit_events_target ON audit_events (target, at) WHERE target IS NOT NULL;
  CREATE INDEX audit_events_request ON audit_events (request_id, at) WHERE request_id IS NOT NULL;

  CREATE TABLE audit_chains (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, number INTEGER NOT NULL, chain TEXT NOT NULL
  );
  CREATE UNIQUE INDEX audit_chains_id ON audit_chains (id);

  CREATE TABLE unsettled_events (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX unsettled_events_at ON unsettled_events (at);`,

  // APIs that are made while the server runs, and those of the declarative file.
  `CREATE TABLE apis (
    identifier TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE TABLE api_names (name TEXT PRIMARY KEY, identifier TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX api_names_api ON api_names (identifier);`,

  // Deliveries that were neither made nor given up: those have no payload any more.
  `CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint, created_at, id)
    WHERE payload <> '';`,

  listMigration,

  consoleMigration,

  // Why a delivery of a webhook was put off.
  'ALTER TABLE webhook_deliveries ADD COLUMN failure TEXT;',
  // What people sign in with besides passwords, and the keys that lead to it.
  `CREATE TABLE authenticators (
    user_id TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE TABLE authenticator_keys (name TEXT PRIMARY KEY, user_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX authenticator_keys_user ON authenticator_keys (user_id);`,

  clientApisMigration,
  // When clients and each of their secrets (by its hash) were used last.
  `CREATE TABLE client_uses (
    client_id TEXT NOT NULL, secret TEXT NOT NULL, last_used_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, secret)
  ) WITHOUT ROWID;
  CREATE TRIGGER client_uses_secret_gone AFTER UPDATE OF record ON clients
    WHEN json_extract(NEW.record, '$.secretHashes') IS NOT json_extract(OLD.record, '$.secretHashes')
    BEGIN
      DELETE FROM client_uses WHERE client_id = OLD.client_id AND secret <> ''
        AND secret NOT IN (SELECT value ->> 'hash' FROM json_each(NEW.record, '$.secretHashes'));
    END;
  CREATE TRIGGER client_uses_client_gone AFTER DELETE ON clients BEGIN
    DELETE FROM client_uses WHERE client_id = OLD.client_id;
  END;`,

  // What is told of a delivery, and of the links that are sent to a person those that are open.
  `ALTER TABLE webhook_deliveries ADD COLUMN note TEXT NOT NULL DEFAULT '';
  CREATE INDEX webhook_deliveries_told ON webhook_deliveries (endpoint, created_at, id)
    WHERE note <> '';
  CREATE INDEX artifacts_account_links ON artifacts (account_id) WHERE kind = 'OneTimeLink';`,

  // Users who are to be removed.
  `ALTER TABLE users ADD COLUMN deletion TEXT AS
    (CASE WHEN json_extract(record, '$.deletion') IS NOT NULL THEN 'requested' END) VIRTUAL;
  CREATE INDEX users_deletion ON users (deletion, username) WHERE deletion IS NOT NULL;`,

  // The browsers that a person has trusted.
  "CREATE INDEX artifacts_account_browsers ON artifacts (account_id) WHERE kind = 'TrustedBrowser';",
];

/** Whether `migrate` has something to do. */
export function needsMigration(connection: Connection): boolean {
  return pragmaNumber(connection, 'user_version') < migrations.length;
}

/** Brings the schema to this program's version; answers whether there was something to do. Throws StoreTooNewError for a newer one. */
export async function migrate(connection: Connection): Promise<boolean> {
  const { database, read } = connection;
  return read(() => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const version = pragmaNumber(connection, 'user_version');
      if (version > migrations.length) throw new StoreTooNewError(version, migrations.length);
      if (version < migrations.length) {
        for (const migration of migrations.slice(version)) database.exec(migration);
        database.exec(`PRAGMA application_id = ${applicationId}`);
        database.exec(`PRAGMA user_version = ${migrations.length}`);
      }
      database.exec('COMMIT');
      return version < migrations.length;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
}
