/**
 * Checks the options once, at the edge. All mistakes are reported together, unknown names included.
 */
import { apiKeyOptionNames, parseApiKeyOptions } from './api_keys/key_options.ts';
import type {
  DpopOptions,
  StatusListOptions,
  VerifierOptions,
  VerifierSettings,
} from './options.ts';
import { metadataMistakes } from './requests/resource_metadata.ts';
import { signInMistakes, signInOf } from './sign_ins.ts';
import {
  asymmetricAlgorithms,
  isAlgorithmList,
  isHttpUrl,
  isRecord,
  mistakeInIssuer,
  nonEmptyStrings,
  parseScopes,
} from './value_checks.ts';

/** Every option of createVerifier. */
export const optionNames: Record<keyof VerifierOptions, true> = {
  issuer: true,
  audience: true,
  scopes: true,
  challenge_scopes: true,
  acr: true,
  max_age: true,
  environment: true,
  max_staleness: true,
  when_blind: true,
  require_status: true,
  clock_tolerance: true,
  algorithms: true,
  dpop: true,
  public_url: true,
  client_certificate: true,
  client_address: true,
  resource_metadata: true,
  realm: true,
  status_lists: true,
  api_keys: true,
  timeout: true,
  fetch: true,
  on_event: true,
  clock: true,
};
const dpopNames: Record<keyof DpopOptions, true> = {
  required: true,
  algorithms: true,
  max_age: true,
  max_proofs: true,
};
const listNames: Record<keyof StatusListOptions, true> = {
  max_lists: true,
  max_bytes: true,
  idle: true,
};

/** Throws TypeError naming every mistake. */
export function parseOptions(options: VerifierOptions): VerifierSettings {
  const mistakes: string[] = [];
  const check = (right: boolean, mistake: string) => {
    if (!right) mistakes.push(mistake);
  };
  const number = (name: string, value: unknown, fallback: number, range: [number, number]) => {
    const [least, most] = range;
    const given = value === undefined ? fallback : value;
    const right = typeof given === 'number' && given >= least && given <= most;
    check(right, `${name} must be a number from ${least} to ${most}`);
    return right ? given : fallback;
  };
  const group = <T extends object>(name: string, value: T | undefined, known: object): T => {
    check(value === undefined || isRecord(value), `${name} must be an object`);
    const given = isRecord(value) ? value : ({} as T);
    for (const key of Object.keys(given)) {
      check(Object.hasOwn(known, key), `${name} has no option ${JSON.stringify(key)}`);
    }
    return given;
  };
  const functionOrNone = (name: string, value: unknown) =>
    check(value === undefined || typeof value === 'function', `${name} must be a function`);
  const flag = (name: string, value: unknown) =>
    check(value === undefined || typeof value === 'boolean', `${name} must be true or false`);

  const given = group('createVerifier', options, optionNames);
  const lists = group('status_lists', given.status_lists, listNames);
  const dpop = given.dpop === false ? {} : group('dpop', given.dpop, dpopNames);
  const audience = nonEmptyStrings(given.audience);
  const publicUrls = nonEmptyStrings(given.public_url ?? audience.filter(isHttpUrl));

  const issuerMistake = mistakeInIssuer(given.issuer);
  check(issuerMistake === undefined, issuerMistake ?? '');
  check(audience.length > 0, 'audience must be a text, or an array of at least one');
  const scopes = parseScopes(given.scopes ?? []);
  check(scopes !== undefined, 'scopes must be scope names (RFC 6749 section 3.3)');
  const challengeScopes = parseScopes(given.challenge_scopes ?? []);
  check(
    challengeScopes !== undefined,
    'challenge_scopes must be scope names (RFC 6749 section 3.3)',
  );
  const { environment = 'live' } = given;
  check(
    ['live', 'test', 'any'].includes(environment),
    "environment must be 'live', 'test' or 'any'",
  );
  check(
    given.when_blind === undefined || ['reject', 'accept'].includes(given.when_blind),
    "when_blind must be 'reject' or 'accept'",
  );
  const algorithms = asymmetricAlgorithms.join(', ');
  check(
    given.algorithms === undefined || isAlgorithmList(given.algorithms),
    `algorithms must be some of ${algorithms}`,
  );
  check(
    dpop.algorithms === undefined || isAlgorithmList(dpop.algorithms),
    `dpop.algorithms must be some of ${algorithms}`,
  );
  check(
    given.public_url === undefined || (publicUrls.length > 0 && publicUrls.every(isHttpUrl)),
    'public_url must be http or https URLs without query and fragment',
  );
  flag('require_status', given.require_status);
  flag('dpop.required', dpop.required);
  check(given.realm === undefined || typeof given.realm === 'string', 'realm must be a text');
  functionOrNone('fetch', given.fetch);
  functionOrNone('on_event', given.on_event);
  functionOrNone('client_certificate', given.client_certificate);
  functionOrNone('client_address', given.client_address);
  check(
    given.clock === undefined || typeof given.clock?.now === 'function',
    'clock must have a function now',
  );
  mistakes.push(...metadataMistakes(given.resource_metadata), ...signInMistakes(given));

  const timeoutMs = 1000 * number('timeout', given.timeout, 3, [0.5, 30]);
  const apiKeys =
    given.api_keys &&
    parseApiKeyOptions(group('api_keys', given.api_keys, apiKeyOptionNames), {
      issuer: given.issuer,
      timeoutMs,
      checks: { check, number, flag },
    });
  check(
    !apiKeys || dpop.required !== true,
    'api_keys and dpop.required exclude each other: an API key is bound to nothing',
  );

  const settings: VerifierSettings = {
    issuer: given.issuer,
    audience,
    scopes: scopes ?? [],
    challengeScopes: challengeScopes ?? [],
    signIn: signInOf(given),
    environment,
    maxStalenessMs: 1000 * number('max_staleness', given.max_staleness, 10, [3, 3600]),
    acceptsBlind: given.when_blind === 'accept',
    requireStatus: given.require_status ?? true,
    clockTolerance: number('clock_tolerance', given.clock_tolerance, 5, [0, 60]),
    algorithms: given.algorithms ?? asymmetricAlgorithms,
    dpop:
      given.dpop === false
        ? undefined
        : {
            required: dpop.required ?? false,
            algorithms: dpop.algorithms ?? asymmetricAlgorithms,
            max_age: number('dpop.max_age', dpop.max_age, 60, [1, 300]),
            max_proofs: number('dpop.max_proofs', dpop.max_proofs, 100_000, [100, 10_000_000]),
          },
    publicUrls,
    clientCertificate: given.client_certificate,
    clientAddress: given.client_address,
    resourceMetadata: given.resource_metadata,
    realm: given.realm ?? audience[0] ?? '',
    maxLists: number('status_lists.max_lists', lists.max_lists, 100, [1, 10_000]),
    maxListBytes: number('status_lists.max_bytes', lists.max_bytes, 2 ** 20, [1024, 2 ** 24]),
    idleMs: 1000 * number('status_lists.idle', lists.idle, 900, [10, 86_400]),
    apiKeys,
    timeoutMs,
    fetch: given.fetch ?? ((url, init) => fetch(url, init)),
    onEvent: given.on_event,
    clock: given.clock ?? { now: () => Date.now() },
  };
  if (mistakes.length > 0) throw new TypeError(`createVerifier: ${mistakes.join('; ')}`);
  return settings;
}
