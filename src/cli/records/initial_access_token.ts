/**
 * `cardea clients initial-access-token`: lets somebody register clients.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createInitialAccessToken, defaultUses } from '../../oidc/room.ts';
import { withChanges } from '../context.ts';
import { durationOption } from '../terminal/duration_option.ts';
import { UsageError } from '../terminal/failures.ts';
import { instant, iso, type OutputOptions, print, remark, subcommand } from '../terminal/output.ts';

export function registerInitialAccessToken(command: Command): void {
  subcommand(command, 'initial-access-token', 'let somebody register clients (RFC 7591)')
    .addOption(durationOption('--expires <duration>', 'for how long, such as 30m or 7d', '1d'))
    .addOption(
      new Option('--uses <number>', 'how many clients it may register')
        .default(defaultUses)
        .argParser(parseUses),
    )
    .action(initialAccessToken);
}

async function initialAccessToken({
  expires,
  uses,
  ...options
}: OutputOptions & { expires: number; uses: number }): Promise<void> {
  if (expires === 0) throw new UsageError('--expires must be longer than nothing');
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
  if (!enabled) remark('dynamic_registration.enabled is false: nothing takes this token yet.');
  const result = { initial_access_token: token, expires_at: iso(expiresAt), uses };
  print(
    result,
    options,
    () => `${token}\n(shown this once; good for ${uses} clients until ${instant(iso(expiresAt))})`,
  );
}

function parseUses(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 1 to 999999.');
}
