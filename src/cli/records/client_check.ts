/**
 * The check of a client that an operator writes: the rules of the declarative file, for one client.
 */
import { problemsOf } from '../../config/issues.ts';
import type { Problem } from '../../config/problems.ts';
import { clientSchema } from '../../config/schema/client_metadata.ts';
import { findContradictions } from '../../config/schema/consistency.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { CardeaError } from '../../errors.ts';

/** Stands for a secret of which only the hash is known. */
const someSecret = 'x'.repeat(64);

/** Throws CardeaError `invalid_client_metadata` with all that is wrong. */
export function createClientCheck({
  apis,
  signing_keys,
}: Pick<Declaration, 'apis' | 'signing_keys'>) {
  return async (
    clientId: string,
    metadata: Record<string, unknown>,
    hasSecret: boolean,
  ): Promise<void> => {
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
  };
}

function invalid(problems: readonly Problem[]): CardeaError {
  const sentences = problems.map(({ where, problem, remedy }) => `${where} ${problem}. ${remedy}`);
  const message = sentences.join('\n');
  return new CardeaError({ code: 'invalid_client_metadata', status: 400, message });
}
