/** A consent that a request saves after it was withdrawn. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { type AdapterDependencies, createArtifactAdapter } from '../../src/oidc/records/adapter.ts';
import { createStamps } from '../../src/oidc/records/revocation_stamps.ts';
import { createBegun } from '../../src/oidc/records/unfinished_records.ts';
import { createNetworkBudget } from '../../src/rate_limits/network_budget.ts';
import { createRevocations } from '../../src/tokens/revocation/revocations.ts';
import { openTestStore } from '../support/rooms.ts';

test('A withdrawn consent leaves no record, even when a request saves it later', async (t) => {
  const { artifacts, counters, revocations: markers } = await openTestStore(t);
  const revocations = createRevocations({ markers, artifacts, clock });
  const stamps = createStamps({ revocations });
  const { begun_per_address: perAddress, begun_in_all: inAll } = declarationSchema.parse(
    {},
  ).strangers;
  const budget = createNetworkBudget({
    ...{ counters, clock, perAddress, inAll, key: randomBytes(32) },
    ...{ purpose: 'begun', refusal: 'Too many.' },
  });
  const begun = createBegun({ budget, isStranger: async () => true });
  const grants = createArtifactAdapter('Grant', {
    ...{ artifacts, revocations, stamps, begun, clock, keepUsed: async (_: string) => {} },
  } as AdapterDependencies);
  const save = (id: string) => grants.upsert(id, { accountId: 'alice', clientId: 'app' }, 600);
  const find = (id: string) => artifacts.find('Grant', id, clock.now());

  for (const id of ['withdrawn', 'other']) await save(id);
  await revocations.revoke({ grantId: 'withdrawn' });
  await save('withdrawn');
  assert.equal(await find('withdrawn'), undefined);
  assert.ok(await find('other'));
});
