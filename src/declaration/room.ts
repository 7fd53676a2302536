/**
 * The door of this room: what other rooms may use of it.
 */

export { applyDeclaration } from './apply.ts';
export { readDeclarationRecord } from './record.ts';
