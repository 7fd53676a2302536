/** What a user may be: the declarative file and the users' service, which every other door calls, take the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { createServices } from '../../src/app/services.ts';
import { startProblems } from '../../src/cli/start_check.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { maxLength } from '../../src/definitions/lengths.ts';
import { load, placesOf, withFile } from '../config/support.ts';
import { openTestStore } from '../support/rooms.ts';

const user = { username: 'zoe', password: 'a long enough password' };

const mistakes: [changes: Record<string, unknown>, place: string, code: string][] = [
  [{ username: '' }, 'username', 'invalid_name'],
  [{ username: 'zo\u200be' }, 'username', 'invalid_name'],
  [{ username: 'z'.repeat(maxLength.username + 1) }, 'username', 'invalid_name'],
  [{ email: 'nobody' }, 'email', 'invalid_name'],
  [{ email: 'zoe @zoe.example' }, 'email', 'invalid_name'],
  [{ email: `${'z'.repeat(maxLength.email)}@z.example` }, 'email', 'invalid_name'],
  [{ password: 'short' }, 'password', 'invalid_password'],
  [{ password: '$2b$12$abcdefghijklmnopqrstuv' }, 'password', 'pasted_hash'],
  [{ claims: { phone_number_verified: 'true' } }, 'claims.phone_number_verified', 'invalid_claims'],
  [{ claims: { birthdate: '1.1.1990' } }, 'claims.birthdate', 'invalid_claims'],
  [{ claims: { address: { city: 'Bonn' } } }, 'claims.address', 'invalid_claims'],
];

const fine: Record<string, unknown>[] = [
  { email: 'zoe@localhost' },
  { email: 'zoë@bücher.example' },
  { claims: { name: 'Zoe', 'name#de': 'Zoë', department: 7 } },
];

test('Every way to create a user refuses exactly the users that the declarative file refuses', async (t) => {
  const services = createServices({
    config: {
      ...{ issuer: 'https://id.example', developmentMode: false },
      secrets: [Buffer.from(testSecret, 'base64url')],
      declaration: declarationSchema.parse({}),
    },
    ...{ store: await openTestStore(t), clock },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  t.after(() => services.close());
  const users = await services.users();
  const fileWith = (changes: object) =>
    withFile(t, JSON.stringify({ users: [{ ...user, ...changes }] }));

  for (const [changes, place, code] of mistakes) {
    const about = JSON.stringify(changes);
    const places = await placesOf(await fileWith(changes), { validate: startProblems });
    assert.deepEqual(places, [`users[0].${place}`], about);
    await assert.rejects(users.create({ ...user, ...changes }), { code, status: 400 }, about);
  }
  for (const [index, changes] of fine.entries()) {
    await load(await fileWith(changes), { validate: startProblems });
    await users.create({ ...user, username: `zoe${index}`, ...changes });
  }
});
