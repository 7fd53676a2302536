/**
 * Checks the options for API keys. No message repeats a value, because one of them is a secret.
 */
import type { ApiKeyOptions, ApiKeySettings, KeyScheme } from '../options.ts';

export const apiKeyOptionNames: Record<keyof ApiKeyOptions, true> = {
  client_id: true,
  client_secret: true,
  cache: true,
  prefix: true,
  schemes: true,
  required: true,
  ask_for_tokens: true,
  max_keys: true,
};

/** How each option reports a mistake. */
export type Checks = {
  check(right: boolean, mistake: string): void;
  number(name: string, value: unknown, fallback: number, range: [number, number]): number;
  flag(name: string, value: unknown): void;
};

const keySchemes: readonly KeyScheme[] = ['basic', 'apikey', 'token'];

/** A slower response would be older than a revocation may take to become effective. */
const maxTimeoutMs = 2000;

export function parseApiKeyOptions(
  given: ApiKeyOptions,
  { issuer, timeoutMs, checks }: { issuer: string; timeoutMs: number; checks: Checks },
): ApiKeySettings {
  const { check, number, flag } = checks;
  const { client_id: clientId, client_secret: clientSecret, prefix } = given;
  const { required = false } = given;
  check(typeof clientId === 'string' && clientId !== '', 'api_keys.client_id must be a text');
  check(
    typeof clientSecret === 'string' && clientSecret !== '',
    'api_keys.client_secret must be a text',
  );
  check(
    prefix === undefined || (typeof prefix === 'string' && /^[a-z][a-z0-9]{1,15}$/.test(prefix)),
    'api_keys.prefix must be 2 to 16 of a-z and 0-9, a letter first',
  );
  const { schemes = [] } = given;
  check(
    Array.isArray(schemes) && schemes.every((name) => keySchemes.includes(name)),
    `api_keys.schemes must be a list of ${keySchemes.join(', ')}`,
  );
  flag('api_keys.required', given.required);
  flag('api_keys.ask_for_tokens', given.ask_for_tokens);
  return {
    endpoint: `${issuer}/api-keys/verify`,
    clientId,
    clientSecret,
    cacheMs: 1000 * number('api_keys.cache', given.cache, 1, [0, 2]),
    prefix,
    schemes,
    required,
    asksForTokens: given.ask_for_tokens ?? false,
    maxKeys: number('api_keys.max_keys', given.max_keys, 10_000, [100, 1_000_000]),
    timeoutMs: Math.min(timeoutMs, maxTimeoutMs),
  };
}
