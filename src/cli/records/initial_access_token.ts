/**
 * `cardea clients initial-access-token`: creates a token for client registration.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { iso } from '../../clock.ts';
import { initialAccessTokenUses } from '../../definitions/limits.ts';
import { withChanges } from '../context.ts';
import { durationOption } from '../terminal/duration_option.ts';
import { UsageError } from '../terminal/failures.ts';
import { instant, type OutputOptions, print, remark, subcommand } from '../terminal/output.ts';

export function registerInitialAccessToken(command: Command): void {
  subcommand(command, 'initial-access-token', 'create a token to register clients with (RFC 7591)')
    .addOption(
      durationOption('--expires <duration>', 'how long it is valid, such as 30m or 7d', '1d'),
    )
    .addOption(
      new Option('--uses <number>', 'how many clients it can register')
        .default(initialAccessTokenUses)
        .argParser(parseUses),
    )
    .action(initialAccessToken);
}

async function initialAccessToken({
  expires,
  uses,
  ...options
}: OutputOptions & { expires: number; uses: number }): Promise<void> {
  if (expires === 0) throw new UsageError('--expires must be greater than 0');
  // Loaded on use: with the protocol room every command of clients would take twice as long to start.
  const { createInitialAccessToken } = await import('../../oidc/room.ts');
  const { token, expiresAt, enabled } = await withChanges(
    options,
    async ({ store, clock, config }) => ({
      ...(await createInitialAccessToken(
        { artifacts: store.artifacts, clock },
        { lifetimeSeconds: expires, uses },
      )),
      enabled: config.declaration.dynamic_registration.enabled,
    }),
  );
  if (!enabled) remark('dynamic_registration.enabled is false, so this token cannot be used yet.');
  const result = { initial_access_token: token, expires_at: iso(expiresAt), uses };
  print(
    result,
    options,
    () => `${token}\n(shown only once; valid for ${uses} clients until ${instant(iso(expiresAt))})`,
  );
}

function parseUses(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 1 to 999999.');
}
