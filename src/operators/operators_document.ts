/**
 * Who is an operator: one document of the store, changed by compare-and-set. That is what keeps the last owner: of two
 * owners who remove each other at the same moment, one is too late, and is refused by what the other has written.
 */
import { mostOperators } from '../definitions/operator_roles.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import { maxAttempts } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { Operator } from './operator.ts';

/** By user id. */
type OperatorsByUser = Readonly<Record<string, Omit<Operator, 'userId'>>>;

const documentName = 'operators';

export async function readOperators(
  documents: Pick<DocumentStore, 'get'>,
): Promise<ReadonlyMap<string, Operator>> {
  return mapOf((await documents.get<OperatorsByUser>(documentName))?.value);
}

/**
 * Writes what `decide` makes of the operators of this moment; undefined leaves them. `put` makes each attempt, with the
 * event that goes on record of it, and answers whether that wrote. Throws what these throw, CardeaError `too_many_operators` (409), and `conflict` (409) where others are faster all the time.
 */
export async function changeOperators(
  documents: DocumentStore,
  decide: (
    operators: ReadonlyMap<string, Operator>,
    /** What whoever is changed gets as version: greater than all there were. */
    nextVersion: number,
  ) => Promise<ReadonlyMap<string, Operator> | undefined>,
  put: (write: (event: AuditEvent) => Promise<boolean>) => Promise<boolean>,
): Promise<boolean> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await documents.get<OperatorsByUser>(documentName);
    const version = found?.version ?? 0;
    const next = await decide(mapOf(found?.value), version + 1);
    if (!next) return false;
    if (next.size > mostOperators) throw tooMany();
    const value = Object.fromEntries([...next].map(([id, { userId: _, ...rest }]) => [id, rest]));
    const write = (event: AuditEvent) =>
      documents.compareAndSet(documentName, version, value, [event]);
    if (await put(write)) return true;
  }
  throw new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Others are changing the operators. Try again.',
    retryAfter: 1,
  });
}

function mapOf(value: OperatorsByUser = {}): ReadonlyMap<string, Operator> {
  return new Map(Object.entries(value).map(([userId, one]) => [userId, { userId, ...one }]));
}

function tooMany(): CardeaError {
  return new CardeaError({
    code: 'too_many_operators',
    status: 409,
    message: `There are ${mostOperators} operators, which is the most there can be. Remove one first.`,
  });
}
