/**
 * The imports room: people and clients who come from another server. It owns what the exports of other servers look
 * like, and that an import writes all or nothing. What a user or a client must be, and how they are stored, is said by
 * users/ and clients/, to which it gives the same records that the declarative file has. This file is its door.
 */

export { createImports, type Imports } from './import.ts';
export { type ImportSource, importSources } from './readers.ts';
export type { ImportReport } from './report.ts';
