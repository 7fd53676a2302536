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

/** The same beside an object's name, where a single word would read as what the object is. */
const managedBy: Record<Manager, string> = {
  built_in: 'Built in',
  file: 'Managed in the file',
  operator: 'Managed here',
  dynamic: 'Registered itself',
  document: 'Introduces itself',
  nobody: 'Managed by nobody',
};

export function managerOf({ managed_by: manager }: { managed_by: Manager }): Value {
  return show.status(managedBy[manager], 'quiet');
}

export function stateOf({ enabled }: { enabled: boolean }): Value {
  return enabled ? show.status('Enabled', 'good') : show.status('Disabled', 'bad');
}
