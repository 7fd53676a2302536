/**
 * `cardea secret`: generates secrets. It reads no configuration and stores nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { masterSecretBytes } from '../definitions/lengths.ts';
import { type OutputOptions, print, subcommand } from './terminal/output.ts';

export function register(command: Command): void {
  subcommand(command, 'generate', 'generate a secret: 32 random bytes, base64url')
    .addHelpText('after', '\nIt fits CARDEA_SECRET and the secret of a client.')
    .action((options: OutputOptions) => {
      print(
        { secret: randomBytes(masterSecretBytes).toString('base64url') },
        options,
        ({ secret }) => secret,
      );
    });
}
