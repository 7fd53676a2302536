/**
 * What the declarative file names is changed there: each start would undo a change made here.
 */
import { consoleClientId } from '../definitions/built_in.ts';
import { CardeaError } from '../errors.ts';
import type { AdminServices } from './services.ts';

/** What can be in the file, and how it is named. */
type Named = { client: string; user: { id: string; username: string } };

/** Throws CardeaError `built_in` (409). */
export function requireNotBuiltIn(kind: 'client', id: string): void {
  if (id !== consoleClientId) return;
  throw new CardeaError({
    code: 'built_in',
    status: 409,
    message: `This ${kind} is a part of Cardea. It cannot be changed.`,
  });
}

/** Throws CardeaError `managed_by_file`, `built_in` (409). */
export async function requireUnmanaged<Kind extends keyof Named>(
  { declared }: Pick<AdminServices, 'declared'>,
  kind: Kind,
  named: Named[Kind],
): Promise<void> {
  if (kind === 'client') requireNotBuiltIn(kind, named as string);
  const lookup = (await declared()) as { [kind in Kind]: (named: Named[kind]) => string };
  if (lookup[kind](named) === 'yes') throw managedByFile(kind);
}

function managedByFile(kind: string): CardeaError {
  return new CardeaError({
    code: 'managed_by_file',
    status: 409,
    message: `The declarative file names this ${kind}, and each start applies it. Change it there.`,
  });
}
