/**
 * Checks a client before it is stored, whoever writes it: first against the rules of the declarative file, then,
 * if it keeps them, with the protocol engine.
 */
import { type ClientToCheck, clientProblems, clientSentences } from '../config/client_problems.ts';
import type { Problem } from '../config/problems.ts';
import type { ApiDeclaration, Declaration } from '../config/schema/declaration.ts';
import { InvalidFieldsError, pointerToPlace } from '../input_check.ts';
import type { ValidateClient } from './writer.ts';

/** Why the protocol engine rejects the client; undefined if it does not. */
export type EngineCheck = (
  client: ClientToCheck,
) => Promise<Problem | undefined> | Problem | undefined;

/** Throws CardeaError `invalid_client_metadata` (400) that names every problem, one per line. */
export function createClientCheck({
  declaration: { signing_keys },
  apis,
  engine = () => undefined,
}: {
  declaration: Pick<Declaration, 'signing_keys'>;
  /** Those that there are at the moment. */
  apis: () => readonly ApiDeclaration[];
  engine?: EngineCheck;
}): ValidateClient {
  return async (clientId, metadata, hasSecret) => {
    const client = { clientId, metadata, hasSecret };
    const own = clientProblems(client, { apis: apis(), signing_keys });
    if (own.length > 0) throw invalid(own);
    const problem = await engine(client);
    if (problem) throw invalid([problem]);
  };
}

function invalid(problems: readonly Problem[]): InvalidFieldsError {
  const message = clientSentences(problems).join('\n');
  const errors = problems.map(({ where, problem, remedy }) => ({
    pointer: pointerToPlace(where),
    detail: `${problem}. ${remedy}`,
  }));
  return new InvalidFieldsError(errors, { code: 'invalid_client_metadata', message });
}
