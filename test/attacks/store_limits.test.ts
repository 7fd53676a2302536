/**
 * How much strangers can make the server keep, whatever way they take and however often: an address is refused
 * when it has left its share, and nobody else is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaration } from './configuration.ts';
import { createWays, type Ways } from './strangers.ts';
import { eachTarget, type Row } from './target.ts';

const share = 20;
const perAccount = 10;
const perToken = 4;
const limits = {
  strangers: {
    begun_per_address: `${share}/1h`,
    begun_in_all: `${20 * share}/1h`,
    tokens_per_account: `${perAccount}/1h`,
  },
  sign_in: { attempts_per_account: '1/15m', attempts_per_address: '10/15m' },
  dynamic_registration: {
    ...declaration.dynamic_registration,
    registrations_per_token: `${perToken}/1h`,
  },
};
const times = 30;
/** Bytes that a record of usual size counts as, with its indexes. */
const unit = 4096;

await eachTarget(
  { ...declaration, ...limits },
  (target) => {
    const ways = async (address: string): Promise<Ways> =>
      createWays({
        issuer: target().issuer,
        address,
        initialAccessToken: await target().initialAccessToken(),
      });
    const sizes = async () => {
      const {
        artifacts = [],
        audit_events = [],
        clients = [],
        counters = [],
        ...rest
      } = await target().dump();
      const { revocations = [], refusals = [] } = rest;
      return { artifacts, audit_events, clients, counters, revocations, refusals };
    };
    const bytesOf = (rows: Row[]) => JSON.stringify(rows).length;

    test("Each unauthenticated endpoint stores no more than an address's share and few audit events", async () => {
      const all = await ways('198.51.100.1');
      for (const [name, send] of Object.entries(all)) {
        const before = await sizes();
        const statuses: number[] = [];
        for (let time = 0; time < times; time += 1) statuses.push(await send());
        const after = await sizes();
        assert.ok(
          statuses.every((status) => status < 500),
          `${name}: ${statuses}`,
        );
        const added = (kind: keyof typeof after) => after[kind].length - before[kind].length;
        const bytes = bytesOf(after.artifacts) - bytesOf(before.artifacts);
        assert.ok(added('artifacts') <= share, `${name}: ${added('artifacts')} records`);
        assert.ok(bytes <= share * unit, `${name}: ${bytes} bytes`);
        assert.ok(
          added('audit_events') <= 2 * perAccount,
          `${name}: ${added('audit_events')} events`,
        );
        assert.ok(added('refusals') <= 50, `${name}: ${added('refusals')} refusals`);
        assert.ok(added('clients') <= perToken, `${name}: ${added('clients')} clients`);
        assert.ok(added('revocations') <= 1, `${name}: ${added('revocations')} revocations`);
        assert.ok(added('counters') <= 2 * share, `${name}: ${added('counters')} counters`);
      }
    });
  },
  { trustedProxies: '127.0.0.1' },
);
