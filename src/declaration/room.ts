/**
 * The door of this room: what other rooms may use.
 */

export { applyDeclaration } from './apply_declaration.ts';
export { readDeclarationRecord } from './declaration_record.ts';
