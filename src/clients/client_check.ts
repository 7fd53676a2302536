/**
 * The check of a client before it is stored, whoever writes it: by the rules that the declarative file has, too, and
 * by the protocol engine where those find nothing.
 */
import { type ClientToCheck, clientProblems, clientSentences } from '../config/client_problems.ts';
import type { Problem } from '../config/problems.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { CardeaError } from '../errors.ts';
import type { ValidateClient } from './writer.ts';

/** What the protocol engine would not take; undefined: nothing. */
export type EngineCheck = (
  client: ClientToCheck,
) => Promise<Problem | undefined> | Problem | undefined;

/** Throws CardeaError `invalid_client_metadata` (400) with all that is wrong, one mistake a line. */
export function createClientCheck({
  declaration,
  engine = () => undefined,
}: {
  declaration: Pick<Declaration, 'apis' | 'signing_keys'>;
  engine?: EngineCheck;
}): ValidateClient {
  return async (clientId, metadata, hasSecret) => {
    const client = { clientId, metadata, hasSecret };
    const own = clientProblems(client, declaration);
    if (own.length > 0) throw invalid(own);
    const problem = await engine(client);
    if (problem) throw invalid([problem]);
  };
}

function invalid(problems: readonly Problem[]): CardeaError {
  const message = clientSentences(problems).join('\n');
  return new CardeaError({ code: 'invalid_client_metadata', status: 400, message });
}
