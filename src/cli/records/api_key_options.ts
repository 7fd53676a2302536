/**
 * An API key's fields on the command line.
 */
import { type Command, Option } from 'commander';
import { parseDuration } from '../terminal/duration_option.ts';
import { UsageError } from '../terminal/failures.ts';
import type { OutputOptions } from '../terminal/output.ts';

export type KeyOptions = OutputOptions & {
  name?: string;
  scope?: string[];
  /** Seconds. Never null for `never`: commander would take that for an option without a value. */
  expires?: number | 'never';
  tier?: string | false;
  allowIp?: string[] | false;
  metadata?: string[];
  requestsPerMinute?: number;
  requestsPerMonth?: number;
  limits?: false;
};

/** Options for both new and existing keys. */
export function withKeyOptions(command: Command): Command {
  return command
    .option('--scope <scope...>', 'what it may do (of a new key the default is: none)')
    .addOption(
      new Option(
        '--expires <duration>',
        'how long from now it is valid, such as 90d; or never, where api_keys.max_expiry allows it',
      ).argParser(parseExpiry),
    )
    .option('--tier <tier>', "its limits, in place of its project's")
    .option('--allow-ip <network...>', 'the only networks that it works from (CIDR)')
    .option('--metadata <name=value...>', 'what the API is told of it')
    .option('--requests-per-minute <count>', "in place of the tier's", parseCount)
    .option('--requests-per-month <count>', "in place of the tier's", parseCount);
}

/** The fields that were given, named as in the schema, except `name` and `expires`. */
export function fieldsFrom(options: KeyOptions): Record<string, unknown> {
  const { tier, allowIp, requestsPerMinute, requestsPerMonth } = options;
  const limits = {
    ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
    ...(requestsPerMonth !== undefined && { requests_per_month: requestsPerMonth }),
  };
  return {
    ...(options.scope && { scopes: wordsOf(options.scope) }),
    ...(tier !== undefined && { tier: tier || null }),
    ...(allowIp !== undefined && { allow_ips: allowIp || [] }),
    ...(options.metadata && { metadata: Object.fromEntries(options.metadata.map(parsePair)) }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(options.limits === false && { limits: null }),
  };
}

/** `--scope a b`, `--scope "a b"` and `--scope a --scope b` are the same. */
export function wordsOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(/\s+/)).filter(Boolean);
}

function parseExpiry(text: string): number | 'never' {
  if (text === 'never') return text;
  const seconds = parseDuration('--expires', text);
  if (seconds > 0) return seconds;
  throw new UsageError('--expires must be greater than 0, or never');
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UsageError('a limit must be a whole number of at least 1');
}

function parsePair(text: string): [string, string] {
  const end = text.indexOf('=');
  if (end > 0) return [text.slice(0, end), text.slice(end + 1)];
  throw new UsageError('--metadata takes name=value');
}
