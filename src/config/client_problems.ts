/**
 * The one check of a client by rules that need no server: the declarative file, the command line, registration and
 * whatever else takes clients say the same of the same metadata, in the same words.
 */
import { problemsOf } from './issues.ts';
import { addProblems, type Problem } from './problems.ts';
import { createDeclarationLookup } from './reference.ts';
import { clientSchema } from './schema/client_metadata.ts';
import { findContradictions } from './schema/consistency.ts';
import type { ApiDeclaration, Declaration } from './schema/declaration.ts';

/** Stands for a secret of which only the hash is known. */
const someSecret = 'x'.repeat(64);

/**
 * All that is wrong with one client. Places begin at the client: `redirect_uris[0]`. `hasSecret`: it has one, or gets
 * one when it is stored. What the protocol engine would not take besides is told by oidc/clients/client_check.ts.
 */
export function clientProblems(
  { clientId, metadata, hasSecret }: ClientToCheck,
  {
    apis,
    signing_keys,
  }: { apis: readonly ApiDeclaration[]; signing_keys: Declaration['signing_keys'] },
): Problem[] {
  const client = {
    ...metadata,
    client_id: clientId,
    ...(hasSecret && { client_secret: someSecret }),
  };
  const lookup = createDeclarationLookup();
  const issues = clientSchema.safeParse(client).error?.issues ?? [];
  const problems = problemsOf(issues, client, (path) => lookup(['clients', 0, ...path]));
  const place = /^clients\[0\]\.?/;
  const contradictions = findContradictions({ apis, signing_keys, clients: [client] })
    .filter(({ where }) => place.test(where))
    .map((problem) => ({ ...problem, where: problem.where.replace(place, '') }));
  addProblems(problems, contradictions);
  return problems;
}

export type ClientToCheck = {
  clientId: string;
  /** RFC 7591 and Cardea's own names; without client_id and client_secret. */
  metadata: Readonly<Record<string, unknown>>;
  hasSecret: boolean;
};

/** Each problem as sentences, for people. */
export function clientSentences(problems: readonly Problem[]): string[] {
  return problems.map(
    ({ where, problem, remedy }) => `${where || 'The client'} ${problem}. ${remedy}`,
  );
}
