/**
 * The door of this room: what other rooms may use.
 */

export { applyDeclaration } from './apply.ts';
export { readDeclarationRecord } from './record.ts';
