/** GitHub's keys are followed as they change, and strangers cannot make them be fetched all the time. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createGithubSignatures } from '../../src/api_keys/leaks/github_signatures.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';
import { startLocalSite } from '../support/local_site.ts';
import { createMovableClock } from '../support/rooms.ts';

const minute = 60_000;
const hour = 60 * minute;

function newKey(id: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const body = Buffer.from(`[{"token":"${id}"}]`);
  const signature = sign('sha256', body, privateKey).toString('base64');
  return {
    published: { key_identifier: id, key, is_current: true },
    body,
    given: { keyId: id, signature },
  };
}

async function setUp(t: TestContext) {
  const site = await startLocalSite();
  t.after(site.close);
  const clock = createMovableClock();
  const log = { warn() {} };
  const signatures = createGithubSignatures({
    url: `${site.url}/keys`,
    fetch: createOutboundFetch({ allow: ['127.0.0.0/8'], log }),
    ...{ clock, log },
  });
  const isFromGithub = ({ body, given }: ReturnType<typeof newKey>) =>
    signatures.isFromGithub(async () => body, given);
  const publish = (...keys: ReturnType<typeof newKey>[]) =>
    site.serve('/keys', { public_keys: keys.map(({ published }) => published) });
  return { clock, publish, isFromGithub, fetches: () => site.received.length };
}

test('A new GitHub signing key is fetched, with at most one fetch a minute for unknown key ids', async (t) => {
  const { clock, publish, isFromGithub, fetches } = await setUp(t);
  const [one, two] = [newKey('1'), newKey('2')];
  publish(one);
  assert.deepEqual(await Promise.all([isFromGithub(one), isFromGithub(one)]), [true, true]);
  assert.equal(fetches(), 1);
  assert.equal(await isFromGithub({ ...one, body: two.body }), false);
  publish(one, two);
  for (let time = 0; time < 5; time += 1) assert.equal(await isFromGithub(two), false);
  assert.equal(fetches(), 1);
  clock.advance(minute);
  assert.equal(await isFromGithub(newKey('3')), false);
  assert.equal(await isFromGithub(two), true);
  assert.equal(fetches(), 2);
});

test('A signing key that GitHub withdraws is refused within the hour', async (t) => {
  const { clock, publish, isFromGithub } = await setUp(t);
  const [one, two] = [newKey('1'), newKey('2')];
  publish(one, two);
  assert.equal(await isFromGithub(one), true);
  publish(two);
  clock.advance(hour + 1);
  assert.equal(await isFromGithub(one), false);
  assert.equal(await isFromGithub(two), true);
});

test("A report is not called forged while GitHub's signing keys cannot be fetched", async (t) => {
  const { clock, publish, isFromGithub } = await setUp(t);
  const one = newKey('1');
  await assert.rejects(isFromGithub(one), { code: 'github_keys_unavailable', status: 503 });
  publish(one);
  await assert.rejects(isFromGithub(one), { status: 503 });
  clock.advance(minute);
  assert.equal(await isFromGithub(one), true);
  publish();
  clock.advance(2 * hour);
  assert.equal(await isFromGithub(one), false);
});

test('A GitHub outage does not forget the cached signing keys at once', async () => {
  const site = await startLocalSite();
  const clock = createMovableClock();
  const log = { warn() {} };
  const one = newKey('1');
  site.serve('/keys', { public_keys: [one.published] });
  const fetch = createOutboundFetch({ allow: ['127.0.0.0/8'], log });
  const signatures = createGithubSignatures({ url: `${site.url}/keys`, fetch, clock, log });
  const isFromGithub = () => signatures.isFromGithub(async () => one.body, one.given);
  assert.equal(await isFromGithub(), true);
  await site.close();
  clock.advance(20 * hour);
  assert.equal(await isFromGithub(), true);
  clock.advance(5 * hour);
  await assert.rejects(isFromGithub(), { status: 503 });
});
