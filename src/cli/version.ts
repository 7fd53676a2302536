/**
 * `cardea version`, `cardea --version`: which release this is.
 */
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { type OutputOptions, print, withJson } from './terminal/output.ts';

export const { version } = manifest;

export function register(command: Command): void {
  withJson(command).action((options: OutputOptions) => {
    print({ version }, options, () => version);
  });
}
