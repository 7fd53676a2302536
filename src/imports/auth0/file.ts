/**
 * What Auth0 gives out: users as one JSON object a line (the export job, and the file with password hashes that its
 * support provides) or as an array (what its import takes), and clients as an array (GET /api/v2/clients).
 */
import { firstCharacter, readDocument, readLines, unreadable } from '../files.ts';
import type { ImportItem } from '../items.ts';
import type { ImportScene } from '../readers.ts';
import { isRecord } from '../records.ts';
import { auth0Client } from './client.ts';
import { auth0User } from './user.ts';

/** Throws CardeaError `unreadable_import`. */
export async function* readAuth0(path: string, scene: ImportScene): AsyncGenerator<ImportItem> {
  const first = await firstCharacter(path);
  if (first === '{') yield* readEachLine(path, scene);
  else if (first === '[') yield* readArray(path, scene);
  else throw unreadable('The file must be a JSON array, or have one JSON object a line.');
}

async function* readEachLine(path: string, scene: ImportScene): AsyncGenerator<ImportItem> {
  for await (const { line, text } of readLines(path)) {
    const where = `line ${line}`;
    try {
      yield itemOf(JSON.parse(text), where, scene);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      yield { kind: 'problem', where, problem: 'It is not a JSON object.' };
    }
  }
}

async function* readArray(path: string, scene: ImportScene): AsyncGenerator<ImportItem> {
  const remedy = 'Write one object a line instead of an array: jq -c .[]';
  const items = await readDocument(path, remedy);
  if (!Array.isArray(items)) throw unreadable('The file is not a JSON array.');
  for (const [index, item] of items.entries()) yield itemOf(item, `[${index}]`, scene);
}

function itemOf(data: unknown, where: string, scene: ImportScene): ImportItem {
  const isClient = isRecord(data) && 'client_id' in data;
  return isClient ? auth0Client(data, where, scene) : auth0User(data, where);
}
