/**
 * What the declarative file names is changed there: each start would undo a change made here.
 */
import { CardeaError } from '../errors.ts';
import type { AdminServices } from './services.ts';

/** Throws CardeaError `managed_by_file` (409). */
export async function requireUnmanaged(
  { declared }: Pick<AdminServices, 'declared'>,
  kind: 'client',
  id: string,
): Promise<void> {
  if ((await declared())[kind](id) === 'yes') throw managedByFile(kind);
}

function managedByFile(kind: string): CardeaError {
  return new CardeaError({
    code: 'managed_by_file',
    status: 409,
    message: `The declarative file names this ${kind}, and each start applies it. Change it there.`,
  });
}
