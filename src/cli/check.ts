/**
 * `cardea check`: checks environment and declarative file as a start would, and does nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Declaration } from '../config/declaration.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError, type Problem } from '../config/problems.ts';
import { formatProblems } from './failures.ts';
import { type OutputOptions, print, withJson } from './output.ts';

export function register(command: Command): void {
  withJson(command).action(check);
}

async function check(options: OutputOptions): Promise<void> {
  try {
    const { developmentMode, issuer, declaration } = await loadConfig(process.env, {
      // Development mode would make one; a check leaves nothing behind.
      developmentSecret: async () => randomBytes(32).toString('base64url'),
      validateClients,
    });
    const { apis, clients, users } = declaration;
    const counts = { apis: apis.length, clients: clients.length, users: users.length };
    const result = { ok: true, issuer, development_mode: developmentMode, declares: counts };
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

/** As the protocol engine will see them; loaded only here, as it is large. */
async function validateClients(declaration: Declaration): Promise<Problem[]> {
  const { createStandaloneClientCheck } = await import('../oidc/standalone_client_check.ts');
  return createStandaloneClientCheck(declaration).problemsOf(declaration.clients);
}
