/**
 * Whether a user is an operator: whoever is may have rights that the person at the console lacks, and then neither the
 * account nor a key of theirs is the person's to change.
 */
import { getOperator } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { OperatorGrant } from '../../operators/room.ts';
import type { ConsoleRequest } from '../page.ts';

/** Undefined: the user is none, or the person may not see it. */
export async function operatorOf(
  userId: string,
  { call, may }: Pick<ConsoleRequest, 'call' | 'may'>,
): Promise<OperatorGrant | undefined> {
  if (!may(getOperator)) return undefined;
  try {
    return (await call(getOperator, { params: { user_id: userId } })).body;
  } catch (error) {
    if (error instanceof CardeaError && error.code === 'not_found') return undefined;
    throw error;
  }
}
