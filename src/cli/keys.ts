/**
 * `cardea keys`: the signing keys. Running nodes pick up every change on their own.
 */

import type { Command } from 'commander';
import { iso } from '../clock.ts';
import { withChanges, withContext } from './context.ts';
import { revokeSigningKey, switchCommand } from './revoke.ts';
import { instant, type OutputOptions, print, subcommand, table } from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'list', 'list signing keys, including recently retired ones').action(list);
  subcommand(command, 'rotate', 'publish the next key; it signs once verifiers can know it')
    .option('--reason <text>', 'for the audit trail')
    .action(rotate);
  switchCommand(
    command,
    'revoke <kid>',
    'emergency: remove a key from the JWKS and sign with another one at once',
  ).action(revokeSigningKey);
}

type ReasonOptions = OutputOptions & { reason?: string };

async function list(options: OutputOptions): Promise<void> {
  const keys = await withContext(async ({ keyrings }) => {
    const lists = await Promise.all((await keyrings()).map((keyring) => keyring.list()));
    return lists.flat().map((key) => ({
      kid: key.kid,
      algorithm: key.algorithm,
      state: key.state,
      published_at: iso(key.publishedAt),
      activates_at: iso(key.activatesAt),
      signs_until: iso(key.signsUntil),
      published_until: iso(key.publishedUntil),
      revoked_at: iso(key.revokedAt),
      reason: key.reason,
    }));
  });
  print(keys, options, () =>
    table(
      ['KID', 'ALGORITHM', 'STATE', 'SIGNS FROM', 'SIGNS UNTIL', 'REASON'],
      keys.map((key) => [
        key.kid,
        key.algorithm,
        key.revoked_at ? 'revoked' : key.state,
        instant(key.activates_at),
        instant(key.signs_until),
        key.reason,
      ]),
    ),
  );
}

async function rotate({ reason, ...options }: ReasonOptions): Promise<void> {
  const results = await withChanges(options, async ({ keyrings, operator: by }) => {
    const rings = await keyrings();
    return Promise.all(rings.map((keyring) => keyring.rotate({ reason, by })));
  });
  const rotations = results.map(({ rotated, current, next }) => ({
    rotated,
    current,
    next: next && { kid: next.kid, activates_at: iso(next.activatesAt) },
  }));
  print(rotations, options, () =>
    rotations
      .map(({ rotated, current, next }) => {
        if (!next) return `${current} signs.`;
        const done = rotated ? 'will follow' : 'was to follow anyway';
        return `${current} signs; ${next.kid} ${done}, from ${instant(next.activates_at)} on.`;
      })
      .join('\n'),
  );
}
