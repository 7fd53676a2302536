/**
 * The check of a client before it is stored, whoever writes it: the rules of the declarative file, and then what the
 * protocol engine says.
 */
import { problemsOf } from '../config/issues.ts';
import type { Problem } from '../config/problems.ts';
import { clientSchema } from '../config/schema/client_metadata.ts';
import { findContradictions } from '../config/schema/consistency.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { CardeaError } from '../errors.ts';
import type { ValidateClient } from './writer.ts';

/** Throws CardeaError `invalid_client_metadata` for what the protocol engine would not take. */
export type EngineCheck = (...client: Parameters<ValidateClient>) => Promise<void> | void;

/** Stands for a secret of which only the hash is known. */
const someSecret = 'x'.repeat(64);

/** Throws CardeaError `invalid_client_metadata` with all that is wrong. */
export function createClientCheck({
  declaration: { apis, signing_keys },
  engine = () => {},
}: {
  declaration: Pick<Declaration, 'apis' | 'signing_keys'>;
  engine?: EngineCheck;
}): ValidateClient {
  return async (clientId, metadata, hasSecret) => {
    const client = {
      ...metadata,
      client_id: clientId,
      ...(hasSecret && { client_secret: someSecret }),
    };
    const issues = clientSchema.safeParse(client).error?.issues ?? [];
    const lookup = () => ({ keys: [], type: undefined, description: undefined });
    const contradictions = findContradictions({ apis, signing_keys, clients: [client] });
    const problems = [
      ...problemsOf(issues, client, lookup),
      ...contradictions
        .filter(({ where }) => where.startsWith('clients[0]'))
        .map((problem) => ({ ...problem, where: problem.where.replace(/^clients\[0\]\.?/, '') })),
    ];
    if (problems.length > 0) throw invalid(problems);
    await engine(clientId, metadata, hasSecret);
  };
}

function invalid(problems: readonly Problem[]): CardeaError {
  const sentences = problems.map(({ where, problem, remedy }) => `${where} ${problem}. ${remedy}`);
  const message = sentences.join('\n');
  return new CardeaError({ code: 'invalid_client_metadata', status: 400, message });
}
