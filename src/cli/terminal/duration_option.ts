/**
 * Options that take a duration, in the notation of the declarative file.
 */
import { Option } from 'commander';
import { parseSeconds } from '../../definitions/durations.ts';
import { UsageError } from './failures.ts';

/** `flags` such as `--expires <duration>`; the value is in seconds. `otherwise` is the default in the same notation. */
export function durationOption(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description)
    .default(parseSeconds(otherwise), otherwise)
    .argParser((text) => parseDuration(flags.split(' ')[0] ?? '', text));
}

/** Returns seconds. A bare number is ambiguous (seconds or days?), so a unit is required, except for 0. */
export function parseDuration(option: string, text: string): number {
  const seconds = parseSeconds(text);
  if (seconds !== undefined && (seconds === 0 || /[smhd]$/.test(text))) return seconds;
  const unit = /^\d+$/.test(text)
    ? ` (${text} of what? ${text}s, ${text}m, ${text}h, ${text}d)`
    : '';
  throw new UsageError(`${option} must be a duration with a unit, such as 30m, 1h or 7d${unit}`);
}
