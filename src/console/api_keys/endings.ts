/**
 * Pages that replace, block and end an API key, and the one that accepts it again. Each says how much it is used.
 */
import {
  disableApiKey,
  enableApiKey,
  getApiKey,
  listUsage,
  revokeApiKey,
  rotateApiKey,
} from '../../admin/room.ts';
import { rotationOverlap } from '../../definitions/api_keys.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { show } from '../parts/values.ts';
import { overlap } from './fields.ts';
import { keyShownOnce } from './key_shown_once.ts';
import { apiKeyPath, apiKeysPath, trailTo } from './paths.ts';
import { type ApiKey, dependentsOf, tokensEnd, usageOf, usersFail } from './shown_key.ts';

const section = 'api_keys' as const;
const one = `${apiKeysPath}/:key_id` as const;

const common = {
  ...{ section, read: getApiKey },
  trail: (key: object) => trailTo(key as ApiKey),
} as const;

const back = (key: object, text: string) => ({
  to: apiKeyPath((key as ApiKey).id),
  flash: { tone: 'good' as const, text },
});

/** Nothing where the operator may not see it. */
const inUse = async (key: object, request: ConsoleRequest) =>
  request.may(listUsage) ? [usersFail(await usageOf(key as ApiKey, request))] : [];

const rotate = confirmPage({
  ...{ ...common, path: `${one}/rotate`, name: 'api_keys.rotate', operation: rotateApiKey },
  submit: 'Create the new key',
  title: (key) => `Rotate ${(key as ApiKey).name}`,
  consequences: () => [
    'A new key with the same rights works at once, and is shown once.',
    'The old key works for the overlap and ends then by itself.',
  ],
  fields: [overlap],
  defaults: { overlap: rotationOverlap.default },
  async done({ body, object }, { issuer, call }) {
    const made = body as ApiKey & { key: string };
    const { body: old } = await call(getApiKey, { params: { key_id: (object as ApiKey).id } });
    return {
      view: keyShownOnce(made, {
        ...{ title: `The new key of ${made.name}`, issuer },
        facts: [{ label: 'The old one ends', value: show.time(old.expires_at) }],
      }),
    };
  },
});

const disable = confirmPage({
  ...{ ...common, path: `${one}/disable`, name: 'api_keys.disable', operation: disableApiKey },
  ...{ submit: 'Disable key', danger: true },
  title: (key) => `Disable ${(key as ApiKey).name}?`,
  consequences: async (key, request) => [
    'APIs refuse it with the next request that asks here.',
    ...(await inUse(key, request)),
    tokensEnd(await dependentsOf(key as ApiKey, request)),
    'It can be enabled again.',
  ],
  done: ({ object: key }) => back(key, `${(key as ApiKey).name} is disabled.`),
});

const enable = confirmPage({
  ...{ ...common, path: `${one}/enable`, name: 'api_keys.enable', operation: enableApiKey },
  submit: 'Enable key',
  title: (key) => `Enable ${(key as ApiKey).name}?`,
  consequences: () => [
    'APIs accept it again, as before.',
    'Tokens that ended do not come back: they can be exchanged for anew.',
  ],
  done: ({ object: key }) => back(key, `${(key as ApiKey).name} is enabled.`),
});

const revoke = confirmPage({
  ...{ ...common, path: `${one}/revoke`, name: 'api_keys.revoke', operation: revokeApiKey },
  ...{ submit: 'Revoke key', danger: true },
  title: (key) => `Revoke ${(key as ApiKey).name}?`,
  consequences: async (key, request) => [
    'APIs refuse it with the next request that asks here, for good.',
    ...(await inUse(key, request)),
    tokensEnd(await dependentsOf(key as ApiKey, request)),
    'This cannot be undone. To give its users time, rotate it; to stop it for a while, disable it.',
  ],
  typed: (key) => (key as ApiKey).name,
  done: ({ object: key }) => back(key, `${(key as ApiKey).name} is revoked.`),
});

export const endingPages: readonly ConsolePage[] = [...rotate, ...disable, ...enable, ...revoke];
