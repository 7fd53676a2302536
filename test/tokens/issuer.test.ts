/** A token of an exchange whose signing key is revoked elsewhere, at the very moment in which it is signed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { systemClock as clock, epochSeconds } from '../../src/clock.ts';
import { mergeKeyrings } from '../../src/oidc/engine/key_source.ts';
import type { Sign } from '../../src/signing_keys/compact_jws.ts';
import { sign } from '../../src/signing_keys/signer.ts';
import { openStore } from '../../src/storage/open.ts';
import { createTokensRoom } from '../../src/tokens/room.ts';
import type { StatusClaim } from '../../src/tokens/status/status_assignment.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import { createAuditTrail } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';
import { createStatusProcess } from './status/process.ts';

const identifier = 'https://orders.example';
const declared = { apis: [{ identifier, name: 'Orders', scopes: { read: 'Read' } }] };

await eachEngine((stores) => {
  test('A token exchanged while the signing key is revoked elsewhere is signed by the next one and accepted', async (t) => {
    const url = await stores.freshUrl();
    const [store, elsewhere] = await Promise.all([openStore({ url }), openStore({ url })]);
    const audit = createAuditTrail();
    const own = killSwitchesOn(store, { declared, audit, clock });
    const other = killSwitchesOn(elsewhere, { declared, audit, clock });
    await Promise.all(own.keyrings.map((keyring) => keyring.start()));
    await Promise.all(own.keyrings.map((keyring) => keyring.refresh()));
    const keys = mergeKeyrings(own.keyrings);
    const [first, next] = keys
      .snapshot()
      .published.filter(({ algorithm }) => algorithm === 'RS256');
    assert.ok(first && next);

    let revoking: Promise<unknown> | undefined;
    const signLate: Sign = async (key, data) => {
      revoking ??= other.killSwitches.throwSwitch(
        { keyId: key.kid },
        { type: 'revocation.signing_key' },
      );
      await revoking;
      return sign(key, data);
    };
    const { catchUp } = createMarkerWatch({ markers: store.revocations, clock });
    const tokens = createTokensRoom({
      ...{ issuer: 'https://issuer.example', store, keys, sign: signLate, catchUp, clock },
      ...{ revocations: own.revocations, killSwitches: own.killSwitches },
      ...{ effectiveWithin: 2, longestTokenLifetimeMs: () => 600_000 },
      refreshSigningKeys: () => {},
      resumeEvents: async () => 0,
      removeSigningKey: async (kid) => {
        for (const keyring of own.keyrings) await keyring.revoke(kid).catch(() => {});
      },
      log: { info: () => {}, warn: () => {} },
    });
    t.after(async () => {
      await tokens.close();
      await Promise.all([...own.keyrings, ...other.keyrings].map((keyring) => keyring.close()));
      await Promise.all([store.close(), elsewhere.close()]);
    });

    const notAfter = epochSeconds(clock) + 60;
    const { token } = await tokens.issuer.issue({
      ...{ clientId: 'key-1', subject: 'project-1', scopes: ['read'], lifetime: 600, claims: {} },
      notAfter,
      api: own.apis.find(identifier) ?? assert.fail(),
      links: {
        ...{ userId: undefined, grantId: undefined, familyId: undefined, session: undefined },
        derivedFrom: ['api_key:key-1'],
      },
    });
    assert.ok(revoking);
    assert.equal(decodeProtectedHeader(token).kid, next.kid);
    assert.ok(!keys.snapshot().published.some(({ kid }) => kid === first.kid));
    await jwtVerify(token, next.publicKey);
    assert.ok(await tokens.accessTokens.read(token));
    assert.equal(decodeJwt(token).exp, notAfter, 'however long it took to make it');
    const claim = decodeJwt(token).status as StatusClaim;
    assert.equal(await createStatusProcess({ store: elsewhere, clock }).isSet(claim), false);
  });
});
