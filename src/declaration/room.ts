/**
 * The declarative file at a start: applies it, and deals with what was removed from it. Its schema is in
 * config/schema/.
 */

export { applyDeclaration } from './apply_declaration.ts';
export { createYamlViews, type YamlViews } from './as_yaml.ts';
export {
  type Declared,
  type DeclaredLookup,
  type Management,
  readDeclaredLookup,
} from './declared_lookup.ts';
export {
  createDeclarationPlaces,
  type DeclarationPlaces,
} from './places.ts';
