/**
 * Checks a client's metadata as the protocol engine will, before it is stored: what the engine would refuse
 * at the client's first request is refused while somebody is there to mend it.
 */
import type { Provider } from 'oidc-provider';
import type { ClientToCheck } from '../../config/client_problems.ts';
import { ConfigError, type Problem } from '../../config/problems.ts';
import { isClientMember } from '../../config/schema/client_metadata.ts';
import type { ClientDeclaration } from '../../config/schema/declaration.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { errors } from '../engine/library.ts';
import { buildClient } from '../engine/private_members.ts';
import { toLibraryMetadata } from './client_metadata.ts';

export type EngineClientCheck = {
  /** What the engine would not take of a client; undefined: nothing. Asks no other server anything. */
  problemOf(client: ClientToCheck): Problem | undefined;
  /** The same of the declared clients, by their place in the file. */
  problemsOf(clients: readonly ClientDeclaration[]): Problem[];
  /** Throws a ConfigError with all of them. */
  checkDeclared(clients: readonly ClientDeclaration[]): void;
};

export function createEngineClientCheck(
  provider: () => Provider,
  scopes: Pick<PersonScopes, 'names'>,
): EngineClientCheck {
  const problemOf: EngineClientCheck['problemOf'] = ({ clientId, metadata, hasSecret }) => {
    const now = 0;
    const record = {
      ...{ clientId, metadata, createdAt: now, updatedAt: now, version: 1 },
      source: 'operator' as const,
      secretHashes: hasSecret ? [{ hash: '', createdAt: now }] : [],
    };
    try {
      buildClient(provider(), toLibraryMetadata(record, scopes));
      return undefined;
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      return engineProblem(error.error_description ?? error.message);
    }
  };

  const problemsOf: EngineClientCheck['problemsOf'] = (clients) =>
    clients.flatMap(({ client_id: clientId, client_secret: secret, ...metadata }, index) => {
      const problem = problemOf({ clientId, metadata, hasSecret: secret !== undefined });
      if (!problem) return [];
      const where = [`clients[${index}]`, problem.where].filter(Boolean).join('.');
      return [{ ...problem, where }];
    });

  return {
    problemOf,
    problemsOf,
    checkDeclared(clients) {
      const problems = problemsOf(clients);
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}

/** The engine's sentences mostly begin with the member. */
function engineProblem(sentence: string): Problem {
  const [, member = '', rest = ''] = /^(\w+) (.*?)\.?$/.exec(sentence) ?? [];
  const remedy = 'See docs/configuration.md and RFC 7591 for what a client may be.';
  return isClientMember(member)
    ? { where: member, problem: rest, remedy }
    : { where: '', problem: `would not work: ${sentence.replace(/\.$/, '')}`, remedy };
}
