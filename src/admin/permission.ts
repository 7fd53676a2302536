/**
 * Whether a caller may call an operation, and what is on record where not.
 */
import type { RepeatableSink } from '../audit/room.ts';
import { CardeaError } from '../errors.ts';
import { type AdminCaller, actorOf } from './caller.ts';
import { type AnyOperation, scopesOf } from './operation.ts';

/** Throws CardeaError `insufficient_scope` (403), once that is on record. */
export type Permit = (
  operation: Pick<AnyOperation, 'id' | 'scope' | 'furtherScopes'>,
  caller: AdminCaller,
) => Promise<void>;

/** Whether the caller has every scope that the operation needs. Whether it may be done to an object is decided there. */
export function mayCall(
  operation: Pick<AnyOperation, 'scope' | 'furtherScopes'>,
  caller: Pick<AdminCaller, 'scopes'>,
): boolean {
  return missingScope(operation, caller) === undefined;
}

function missingScope(
  operation: Pick<AnyOperation, 'scope' | 'furtherScopes'>,
  { scopes }: Pick<AdminCaller, 'scopes'>,
) {
  return scopesOf(operation).find((needed) => !scopes.has(needed));
}

export function createPermit({ audit }: { audit: RepeatableSink }): Permit {
  return async (operation, caller) => {
    const { id } = operation;
    const scope = missingScope(operation, caller);
    if (scope === undefined) return;
    const { ip, requestId, userId } = caller;
    await audit.recordRepeatable({
      ...{ type: 'admin.denied', outcome: 'failure', actor: actorOf(caller) },
      ...{ userId, ip, requestId },
      details: { operation: id, scope },
      subject: id,
    });
    throw forbidden(scope, caller);
  };
}

/** What exists is not told: the scope is that of the operation, whatever it would be about. */
function forbidden(scope: string, { kind, role }: AdminCaller): CardeaError {
  const who = kind === 'user' && role ? `The role ${role} does not include it.` : '';
  return new CardeaError({
    code: 'insufficient_scope',
    status: 403,
    message: `This needs the scope ${scope}. ${who}`.trim(),
  });
}
