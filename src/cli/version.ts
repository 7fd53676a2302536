/**
 * `cardea version`, `cardea --version`: the release.
 */
import type { Command } from 'commander';
import { version } from '../version.ts';
import { type OutputOptions, print, withJson } from './terminal/output.ts';

export function register(command: Command): void {
  withJson(command).action((options: OutputOptions) => {
    print({ version }, options, () => version);
  });
}
