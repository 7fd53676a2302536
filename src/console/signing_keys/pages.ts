/**
 * The pages of signing keys: how they succeed one another, rotation, and the emergency.
 */
import { listSigningKeys, revokeSigningKey, rotateSigningKeys } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { show, type Value } from '../parts/values.ts';
import { revokedAnswer } from '../revocations/pages.ts';
import { type SigningKey, timelineOf, timelineWidth } from './timeline.ts';

const section = 'signing_keys';
const path = '/signing-keys';
const toList = { label: 'Signing keys', href: path };

const states: Record<SigningKey['state'], Value> = {
  next: show.status('Next', 'quiet'),
  current: show.status('Current', 'good'),
  previous: show.status('Previous', 'warning'),
  retired: show.status('Retired', 'quiet'),
  revoked: show.status('Revoked', 'bad'),
};

async function readKeys({ call }: Pick<ConsoleRequest, 'call'>): Promise<readonly SigningKey[]> {
  const { body } = await call(listSigningKeys);
  return body.items;
}

const list: ConsolePage = {
  ...{ path, method: 'GET', name: 'signing_keys.list', section, operation: listSigningKeys },
  async handle(request) {
    const { may, now } = request;
    const keys = await readKeys(request);
    return {
      view: {
        ...{ title: 'Signing keys', template: 'signing_keys' },
        data: {
          timeline: timelineOf(keys, now),
          width: timelineWidth,
          rows: keys.map((key) => ({
            ...{ kid: key.kid, algorithm: key.algorithm, state: states[key.state] },
            times: [key.published_at, key.activates_at, key.signs_until, key.published_until].map(
              (at) => show.time(at),
            ),
            reason: show.text(key.reason),
            revokeHref:
              may(revokeSigningKey) && key.state !== 'revoked' && key.state !== 'retired'
                ? `${path}/${encodeURIComponent(key.kid)}/revoke`
                : undefined,
          })),
          rotateHref: may(rotateSigningKeys) ? `${path}/rotate` : undefined,
        },
      },
    };
  },
};

const rotate = confirmPage({
  ...{ section, path: `${path}/rotate`, name: 'signing_keys.rotate' },
  ...{ operation: rotateSigningKeys, read: listSigningKeys, submit: 'Rotate' },
  command: 'Rotate the signing keys',
  title: () => 'Rotate the signing keys?',
  trail: () => [toList],
  consequences: () => [
    'The next key signs as soon as every verifier can have fetched it. Until then the current one goes on.',
    'What the current key signed stays valid: it is published until the last of it has expired.',
    'Nobody has to sign in again. APIs that fetch the JWKS have nothing to do.',
    'While a rotation is under way, another one changes nothing.',
  ],
  done: () => ({
    to: path,
    flash: { tone: 'good', text: 'The rotation is under way.' },
  }),
});

const revoke = confirmPage({
  ...{ section, path: `${path}/:kid/revoke`, name: 'signing_keys.revoke' },
  operation: revokeSigningKey,
  async read(request) {
    const key = (await readKeys(request)).find(({ kid }) => kid === request.params.kid);
    if (!key) throw noSuchKey();
    return key;
  },
  title: (key) => `Emergency: revoke the signing key ${(key as SigningKey).kid}?`,
  trail: () => [toList],
  consequences: () => [
    'For a private key that somebody else may have. For anything less, rotate instead.',
    'Every token that this key signed is revoked: apps have to get new ones, and people may have to sign in again.',
    'The key is taken out of the JWKS, and Cardea signs with another key at once. A verifier that has fetched the JWKS before refuses new tokens until it fetches it again.',
    'This cannot be undone.',
  ],
  typed: (key) => (key as SigningKey).kid,
  ...{ submit: 'Revoke key', danger: true },
  done: ({ body, object }) =>
    revokedAnswer(body, `The signing key ${(object as SigningKey).kid} is revoked.`),
});

function noSuchKey(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such signing key.' });
}

export const signingKeyPages: readonly ConsolePage[] = [list, ...rotate, ...revoke];
