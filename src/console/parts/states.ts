/**
 * Who says what an object is, and whether it works: in the same words on every page.
 */
import { show, type Value } from './values.ts';

export type Manager = 'built_in' | 'file' | 'operator' | 'dynamic' | 'document' | 'nobody';

export const managers: Record<Manager, string> = {
  built_in: 'Cardea',
  file: 'Declarative file',
  operator: 'Operators',
  dynamic: 'Itself, by registration',
  document: 'Itself, by its metadata document',
  nobody: 'Nobody: it was in the declarative file',
};

export function stateOf({ enabled }: { enabled: boolean }): Value {
  return enabled ? show.status('Enabled', 'good') : show.status('Disabled', 'bad');
}
