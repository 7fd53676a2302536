/**
 * The steps of the schema by which records are listed and found by words. Like all steps they never change.
 */

/** Keeps the words of a record beside it, whoever writes or removes it. What a record is found by is in its `words`. */
function wordTriggers(table: string, id: string, kind: string): string {
  const add = `INSERT OR IGNORE INTO search_words
    SELECT '${kind}', value, NEW.${id} FROM json_each(NEW.words);`;
  const remove = `DELETE FROM search_words WHERE kind = '${kind}' AND id = OLD.${id}
    AND word IN (SELECT value FROM json_each(OLD.words));`;
  return `ALTER TABLE ${table} ADD COLUMN words TEXT;
    CREATE TRIGGER ${table}_words_added AFTER INSERT ON ${table} BEGIN ${add} END;
    CREATE TRIGGER ${table}_words_changed AFTER UPDATE OF words ON ${table}
      WHEN NEW.words IS NOT OLD.words BEGIN ${remove} ${add} END;
    CREATE TRIGGER ${table}_words_removed AFTER DELETE ON ${table} BEGIN ${remove} END;`;
}

/** A value of the record as a column that takes no room, and an index of it in the order of the list. */
function linkColumn(table: string, column: string, value: string, name: string): string {
  return `ALTER TABLE ${table} ADD COLUMN ${column} TEXT AS (${value}) VIRTUAL;
    CREATE INDEX ${table}_${column} ON ${table} (${column}, ${name}) WHERE ${column} IS NOT NULL;`;
}

const state = `CASE WHEN json_extract(record, '$.disabledAt') IS NOT NULL THEN 'disabled' END`;

const addGroups = `INSERT OR IGNORE INTO user_groups
  SELECT value, NEW.username, NEW.id FROM json_each(NEW.record, '$.groups');`;
const removeGroups = `DELETE FROM user_groups WHERE username = OLD.username
  AND name IN (SELECT value FROM json_each(OLD.record, '$.groups'));`;

export const listMigration = `
  CREATE TABLE search_words (
    kind TEXT NOT NULL, word TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, word, id)
  ) WITHOUT ROWID;
  ${wordTriggers('users', 'id', 'user')}
  ${wordTriggers('clients', 'client_id', 'client')}
  ${wordTriggers('projects', 'id', 'project')}
  ${wordTriggers('api_keys', 'id', 'api_key')}

  ${linkColumn('users', 'state', state, 'username')}
  ${linkColumn('clients', 'state', state, 'client_id')}
  ${linkColumn('clients', 'source', `json_extract(record, '$.source')`, 'client_id')}
  ${linkColumn('projects', 'api', `json_extract(record, '$.api')`, 'name')}
  ${linkColumn('projects', 'owner_id', `json_extract(record, '$.ownerId')`, 'name')}
  ${linkColumn('api_keys', 'api', `json_extract(record, '$.api')`, 'id')}
  ${linkColumn('api_keys', 'display_start', `json_extract(record, '$.display.start')`, 'id')}
  ${linkColumn('api_keys', 'display_end', `json_extract(record, '$.display.end')`, 'id')}

  CREATE TABLE groups (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE user_groups (
    name TEXT NOT NULL, username TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (name, username)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO user_groups
    SELECT value, username, users.id FROM users, json_each(record, '$.groups');
  CREATE TRIGGER user_groups_added AFTER INSERT ON users BEGIN ${addGroups} END;
  CREATE TRIGGER user_groups_changed AFTER UPDATE OF username, record ON users
    WHEN NEW.username IS NOT OLD.username
      OR json_extract(NEW.record, '$.groups') IS NOT json_extract(OLD.record, '$.groups')
    BEGIN ${removeGroups} ${addGroups} END;
  CREATE TRIGGER user_groups_removed AFTER DELETE ON users BEGIN ${removeGroups} END;`;

const addApis = `INSERT OR IGNORE INTO client_apis
  SELECT value, NEW.client_id FROM json_each(NEW.record, '$.metadata.apis');`;
const removeApis = `DELETE FROM client_apis WHERE client_id = OLD.client_id
  AND api IN (SELECT value FROM json_each(OLD.record, '$.metadata.apis'));`;

/** The step by which clients are listed by the APIs that they name. */
export const clientApisMigration = `
  CREATE TABLE client_apis (
    api TEXT NOT NULL, client_id TEXT NOT NULL, PRIMARY KEY (api, client_id)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO client_apis
    SELECT value, client_id FROM clients, json_each(record, '$.metadata.apis');
  CREATE TRIGGER client_apis_added AFTER INSERT ON clients BEGIN ${addApis} END;
  CREATE TRIGGER client_apis_changed AFTER UPDATE OF record ON clients
    WHEN json_extract(NEW.record, '$.metadata.apis')
      IS NOT json_extract(OLD.record, '$.metadata.apis')
    BEGIN ${removeApis} ${addApis} END;
  CREATE TRIGGER client_apis_removed AFTER DELETE ON clients BEGIN ${removeApis} END;`;
