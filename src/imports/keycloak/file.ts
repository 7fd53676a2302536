/**
 * What `kc.sh export` writes: a realm as one JSON document, with its users in it or in documents of their own.
 */

import { readDocument, unreadable } from '../files.ts';
import type { ImportItem } from '../items.ts';
import type { ImportScene } from '../readers.ts';
import { isRecord } from '../records.ts';
import { keycloakClient } from './client.ts';
import { keycloakUser } from './user.ts';

const smaller =
  'Export the users in files of their own (kc.sh export --users different_files --users-per-file 10000), and import one file after another.';

/** Throws CardeaError `unreadable_import`. */
export async function* readKeycloak(path: string, scene: ImportScene): AsyncGenerator<ImportItem> {
  const document = await readDocument(path, smaller);
  if (!isRecord(document) || !(Array.isArray(document.users) || Array.isArray(document.clients))) {
    throw unreadable('The file is not the export of one realm: it has neither users nor clients.');
  }
  for (const [index, client] of listOf(document.clients).entries()) {
    yield keycloakClient(client, `clients[${index}]`, scene);
  }
  for (const [index, user] of listOf(document.users).entries()) {
    yield keycloakUser(user, `users[${index}]`);
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
