/**
 * `cardea check`: checks the environment and the declarative file as a start would, with --store also the store, and
 * changes nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { ConfigError, formatPath } from '../config/problems.ts';
import { unreleasedClaims } from '../config/schema/standard_claims.ts';
import { createPersonScopes } from '../scopes/room.ts';
import { startProblems, storeProblems } from './start_check.ts';
import { formatProblems } from './terminal/failures.ts';
import { type OutputOptions, print, remark, withJson } from './terminal/output.ts';

export function register(command: Command): void {
  withJson(command)
    .option(
      '--store',
      'also open the store, without changing it, and check what a start would find',
    )
    .action(check);
}

type CheckOptions = OutputOptions & { store?: boolean };

async function check({ store, ...options }: CheckOptions): Promise<void> {
  try {
    const config = await loadConfig(process.env, {
      // Development mode would create a secret; a check leaves nothing behind.
      developmentSecret: async () => randomBytes(32).toString('base64url'),
      validate: startProblems,
    });
    const found = store ? await storeProblems(config) : [];
    if (found.length > 0) throw new ConfigError(found);
    const { developmentMode, issuer, declaration } = config;
    const { apis, clients, users } = declaration;
    const { isReleased } = createPersonScopes(declaration);
    const counts = { apis: apis.length, clients: clients.length, users: users.length };
    const warnings = users.flatMap(({ claims }, index) =>
      unreleasedClaims(claims, isReleased).map(({ claim, ...mistake }) => ({
        where: formatPath(['users', index, 'claims', claim]),
        ...mistake,
      })),
    );
    const result = {
      ...{ ok: true, issuer, development_mode: developmentMode, declares: counts },
      ...(warnings.length > 0 && { warnings }),
    };
    for (const { where, problem, remedy } of warnings) {
      remark(`Warning: ${where} ${problem}. ${remedy}`);
    }
    print(result, options, () => {
      const mode = developmentMode ? ' (development mode)' : '';
      const count = (items: number, one: string) => `${items} ${one}${items === 1 ? '' : 's'}`;
      const parts = [
        count(counts.apis, 'API'),
        count(counts.clients, 'client'),
        count(counts.users, 'user'),
      ];
      return `OK: ${issuer}${mode}, ${parts.join(', ')}`;
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    print({ ok: false, problems }, options, () => formatProblems(problems, process.stdout));
    process.exitCode = 1;
  }
}
