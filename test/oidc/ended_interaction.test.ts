/** A sign-in page that answers after its interaction has ended. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { type AdapterDependencies, createArtifactAdapter } from '../../src/oidc/records/adapter.ts';
import { artifactId } from '../../src/oidc/records/artifact_mapping.ts';
import { createStamps } from '../../src/oidc/records/revocation_stamps.ts';
import { createBegun } from '../../src/oidc/records/unfinished_records.ts';
import { createNetworkBudget } from '../../src/rate_limits/network_budget.ts';
import { createRevocations } from '../../src/tokens/revocation/revocations.ts';
import { openTestStore } from '../support/rooms.ts';

test('The result of a page is saved to its interaction, and does not revive one that ended in another tab', async (t) => {
  const { artifacts, counters, revocations: markers } = await openTestStore(t);
  const revocations = createRevocations({ markers, artifacts, clock });
  const { begun_per_address: perAddress, begun_in_all: inAll } = declarationSchema.parse(
    {},
  ).strangers;
  const budget = createNetworkBudget({
    ...{ counters, clock, perAddress, inAll, key: randomBytes(32) },
    ...{ purpose: 'begun', refusal: 'Too many.' },
  });
  const interactions = createArtifactAdapter('Interaction', {
    ...{ artifacts, revocations, clock },
    stamps: createStamps({ revocations }),
    begun: createBegun({ budget, isStranger: async () => true }),
  } as AdapterDependencies);
  const id = artifactId('Interaction', 'uid');
  const expiresAt = clock.now() + 600_000;
  const find = () => artifacts.find('Interaction', id, clock.now());
  const save = () => interactions.upsert('uid', { result: { login: { accountId: 'alice' } } }, 600);

  await artifacts.put({ kind: 'Interaction', id, payload: {}, expiresAt });
  await save();
  assert.deepEqual((await find())?.payload.result, { login: { accountId: 'alice' } });

  await artifacts.remove('Interaction', id);
  await assert.rejects(async () => save(), { code: 'interaction_expired' });
  assert.equal(await find(), undefined);
});
