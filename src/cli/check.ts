/**
 * `cardea check`: checks environment and declarative file as a start would, and does nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
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
