/**
 * `cardea clients initial-access-token`: lets somebody register clients.
 */
import type { Command } from 'commander';
import { createInitialAccessToken } from '../oidc/initial_access_tokens.ts';
import { withChanges } from './context.ts';
import { durationOption } from './duration_option.ts';
import { UsageError } from './failures.ts';
import { instant, iso, type OutputOptions, print, remark, subcommand } from './output.ts';

export function registerInitialAccessToken(command: Command): void {
  subcommand(command, 'initial-access-token', 'let somebody register clients (RFC 7591)')
    .addOption(durationOption('--expires <duration>', 'for how long, such as 30m or 7d', '1d'))
    .action(initialAccessToken);
}

async function initialAccessToken({
  expires,
  ...options
}: OutputOptions & { expires: number }): Promise<void> {
  if (expires === 0) throw new UsageError('--expires must be longer than nothing');
  const { token, expiresAt, enabled } = await withChanges(
    options,
    async ({ store, clock, config }) => ({
      ...(await createInitialAccessToken(
        { artifacts: store.artifacts, clock },
        { lifetimeSeconds: expires },
      )),
      enabled: config.declaration.dynamic_registration.enabled,
    }),
  );
  if (!enabled) remark('dynamic_registration.enabled is false: nothing takes this token yet.');
  const result = { initial_access_token: token, expires_at: iso(expiresAt) };
  print(
    result,
    options,
    () => `${token}\n(shown this once; good until ${instant(iso(expiresAt))})`,
  );
}
