/**
 * What the readers of exports make of them, one thing at a time.
 */
import type { ImportedClient } from '../clients/room.ts';

export type ImportItem = {
  /** The place in the file, for people: `line 7`, `users[6]`. Never a value that is secret. */
  where: string;
  /** What was left out, in words that are the same for all items alike: the report counts them. */
  notes?: readonly string[];
} & (
  | { kind: 'user'; user: UserData }
  | { kind: 'client'; client: ImportedClient }
  /** Nothing to import; its notes say why. */
  | { kind: 'skipped' }
  /** A sentence. */
  | { kind: 'problem'; problem: string }
);

/** A user in the words of the declarative file, not checked yet. Undefined members are absent. */
export type UserData = {
  data: Readonly<Record<string, unknown>>;
  groups: readonly string[];
  disabled: boolean;
};

/** Without the members that have no value, which the schema of the declarative file would refuse. */
export function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isPresent = (value: unknown) => value !== undefined && value !== null && value !== '';
  return Object.fromEntries(Object.entries(members).filter(([, value]) => isPresent(value)));
}
