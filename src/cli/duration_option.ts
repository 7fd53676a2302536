/**
 * Options that take a duration, in the notation of the declarative file.
 */
import { Option } from 'commander';
import { parseSeconds } from '../config/values.ts';
import { UsageError } from './failures.ts';

/** `flags` such as `--expires <duration>`; the value is seconds. `otherwise`: the default, as it is written. */
export function durationOption(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description)
    .default(parseSeconds(otherwise), otherwise)
    .argParser((text) => {
      const seconds = parseSeconds(text);
      if (seconds !== undefined) return seconds;
      throw new UsageError(`${flags.split(' ')[0]} is a duration such as 30m, 1h or 7d`);
    });
}
