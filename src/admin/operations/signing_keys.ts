/**
 * Operations on the keys that tokens are signed with.
 */
import { z } from 'zod';
import { onRecord } from '../../audit/room.ts';
import { iso } from '../../clock.ts';
import { CardeaError } from '../../errors.ts';
import { revocationOf } from '../../tokens/room.ts';
import { acknowledged } from '../acknowledged_revocations.ts';
import { operation } from '../operation.ts';
import { instant, nothing, pageOf } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { revocationResult } from '../views/revocation_view.ts';

const tag = 'Signing keys';

const signingKey = z
  .object({
    kid: z.string(),
    algorithm: z.string(),
    state: z
      .enum(['next', 'current', 'previous', 'retired', 'revoked'])
      .describe(
        '`next`: published, and signs later. `current`: signs. `previous`: published for the tokens that it signed. `retired`: not published any more.',
      ),
    published_at: instant,
    activates_at: instant.describe('From then on it signs.'),
    signs_until: instant.optional(),
    published_until: instant.optional(),
    revoked_at: instant.optional(),
    reason: z.string().describe('Why it was created.'),
  })
  .meta({ id: 'SigningKey' });

const shown = async ({ keyrings }: AdminServices): Promise<z.input<typeof signingKey>[]> => {
  const lists = await Promise.all((await keyrings()).map((keyring) => keyring.list()));
  return lists.flat().map((key) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    state: key.revokedAt === undefined ? key.state : 'revoked',
    published_at: iso(key.publishedAt) ?? '',
    activates_at: iso(key.activatesAt) ?? '',
    ...(key.signsUntil !== undefined && { signs_until: iso(key.signsUntil) }),
    ...(key.publishedUntil !== undefined && { published_until: iso(key.publishedUntil) }),
    ...(key.revokedAt !== undefined && { revoked_at: iso(key.revokedAt) }),
    reason: key.reason,
  }));
};

export const listSigningKeys = operation({
  id: 'listSigningKeys',
  method: 'GET',
  path: '/signing-keys',
  tag,
  summary: 'List signing keys in order of succession',
  description: 'All of them, including those that were retired or revoked recently.',
  scope: 'keys:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: pageOf(signingKey),
  async run({ services }) {
    return { result: { items: await shown(services), next: null } };
  },
});

export const rotateSigningKeys = operation({
  id: 'rotateSigningKeys',
  method: 'POST',
  path: '/signing-keys/rotate',
  tag,
  summary: 'Sign with the next key as soon as verifiers can know it',
  description: 'Repeating it while a rotation is under way changes nothing.',
  scope: 'keys:write',
  events: ['signing_key.advanced', 'signing_key.created'],
  sensitive: true,
  params: nothing,
  query: nothing,
  body: nothing,
  result: pageOf(signingKey),
  async run({ by, services }) {
    const order = { reason: by.reason, by: onRecord(by) };
    await Promise.all((await services.keyrings()).map((keyring) => keyring.rotate(order)));
    return { result: { items: await shown(services), next: null } };
  },
});

export const revokeSigningKey = operation({
  id: 'revokeSigningKey',
  method: 'POST',
  path: '/signing-keys/{kid}/revoke',
  tag,
  summary: 'Emergency: remove a key, and revoke everything that it signed',
  description: 'Cardea signs with another key at once.',
  scope: 'keys:write',
  events: ['signing_key.revoked', 'revocation.signing_key'],
  sensitive: true,
  params: z.strictObject({ kid: z.string().min(1).max(200) }),
  query: nothing,
  body: nothing,
  result: revocationResult,
  async run({ params: { kid }, by, services }) {
    const known = await shown(services);
    if (!known.some((key) => key.kid === kid)) throw noSuchKey();
    const { target, order } = revocationOf.signingKey(kid);
    const { killSwitches } = await services.switches();
    const outcome = await killSwitches.throwSwitch(target, { ...order, ...onRecord(by) });
    return { result: await acknowledged({ signing_key: kid }, outcome, services) };
  },
});

function noSuchKey(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such signing key.' });
}

export const signingKeyOperations = [listSigningKeys, rotateSigningKeys, revokeSigningKey] as const;
