/**
 * Which exports can be read.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import { readAuth0 } from './auth0/file.ts';
import { readCsv } from './csv.ts';
import type { ImportItem } from './items.ts';
import { readKeycloak } from './keycloak/file.ts';

export const importSources = ['keycloak', 'auth0', 'csv'] as const;
export type ImportSource = (typeof importSources)[number];

/** The APIs that imported clients can be for. */
export type ImportScene = { apis: readonly ApiDeclaration[] };

/** Throws CardeaError `unreadable_import` where the file as a whole is not such an export. */
export type ReadExport = (path: string, scene: ImportScene) => AsyncIterable<ImportItem>;

export const readers: Readonly<Record<ImportSource, ReadExport>> = {
  keycloak: readKeycloak,
  auth0: readAuth0,
  csv: readCsv,
};
