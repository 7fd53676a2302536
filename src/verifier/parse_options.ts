/** Checks the options once, at the edge: all mistakes are reported at once, unknown names included. */
import type { DpopOptions, Settings, StatusListOptions, VerifierOptions } from './options.ts';
import { metadataMistakes } from './resource_metadata.ts';

/** Asymmetric only: a verifier must not be able to make what it verifies (RFC 8725 section 3.1). */
export const asymmetricAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const names: Record<keyof VerifierOptions, true> = {
  issuer: true,
  audience: true,
  scopes: true,
  max_staleness: true,
  when_blind: true,
  require_status: true,
  clock_tolerance: true,
  algorithms: true,
  dpop: true,
  public_url: true,
  client_certificate: true,
  resource_metadata: true,
  realm: true,
  status_lists: true,
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

/** Throws TypeError that names every mistake. */
export function parseOptions(options: VerifierOptions): Settings {
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

  const given = group('createVerifier', options, names);
  const lists = group('status_lists', given.status_lists, listNames);
  const dpop = given.dpop === false ? {} : group('dpop', given.dpop, dpopNames);
  const audience = texts(given.audience);
  const publicUrls = texts(given.public_url ?? audience.filter(isHttpUrl));

  const issuerMistake = checkIssuer(given.issuer);
  check(issuerMistake === undefined, issuerMistake ?? '');
  check(audience.length > 0, 'audience must be a text, or an array of at least one');
  const scopes = parseScopes(given.scopes ?? []);
  check(scopes !== undefined, 'scopes must be scope names (RFC 6749 section 3.3)');
  check(
    given.when_blind === undefined || ['reject', 'accept'].includes(given.when_blind),
    "when_blind must be 'reject' or 'accept'",
  );
  for (const [name, list] of [
    ['algorithms', given.algorithms],
    ['dpop.algorithms', dpop.algorithms],
  ] as const) {
    const right =
      list === undefined ||
      (Array.isArray(list) &&
        list.length > 0 &&
        list.every((alg) => asymmetricAlgorithms.includes(alg)));
    check(right, `${name} must be some of ${asymmetricAlgorithms.join(', ')}`);
  }
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
  check(
    given.clock === undefined || typeof given.clock?.now === 'function',
    'clock must have a function now',
  );
  mistakes.push(...metadataMistakes(given.resource_metadata));

  const settings: Settings = {
    issuer: given.issuer,
    audience,
    scopes: scopes ?? [],
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
    resourceMetadata: given.resource_metadata,
    realm: given.realm ?? audience[0] ?? '',
    maxLists: number('status_lists.max_lists', lists.max_lists, 100, [1, 10_000]),
    maxListBytes: number('status_lists.max_bytes', lists.max_bytes, 2 ** 20, [1024, 2 ** 24]),
    idleMs: 1000 * number('status_lists.idle', lists.idle, 900, [10, 86_400]),
    timeoutMs: 1000 * number('timeout', given.timeout, 3, [0.5, 30]),
    fetch: given.fetch ?? ((url, init) => fetch(url, init)),
    onEvent: given.on_event,
    clock: given.clock ?? { now: () => Date.now() },
  };
  if (mistakes.length > 0) throw new TypeError(`createVerifier: ${mistakes.join('; ')}`);
  return settings;
}

/** One text of names between spaces, or an array of names; undefined: not scopes. */
export function parseScopes(given: unknown): readonly string[] | undefined {
  const scopes = typeof given === 'string' ? given.split(' ').filter(Boolean) : given;
  if (!Array.isArray(scopes)) return undefined;
  const right = scopes.every(
    (scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope),
  );
  return right ? scopes : undefined;
}

/** RFC 8414 section 2; plain http only where nobody can listen in. */
function checkIssuer(issuer: unknown): string | undefined {
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : undefined;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'issuer must be an https URL';
  }
  if (url.protocol === 'http:' && !loopback.test(url.hostname)) {
    return 'issuer must be an https URL; http is for loopback addresses only';
  }
  if (url.search || url.hash || url.username || url.password || /[?#]|\/$/.test(String(issuer))) {
    return 'issuer must have no query, fragment, user or slash at its end';
  }
  return undefined;
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@]+[^?#]*$/i.test(text) && URL.canParse(text);
}

function texts(given: unknown): string[] {
  const list = Array.isArray(given) ? given : [given];
  return list.every((text) => typeof text === 'string' && text !== '') ? list : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
