/** What is known of a provider: fetched once for many sign-ins, anew after an hour, and good for a day where that fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startScriptedProvider } from '../../harness/providers/scripted_provider.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createOpenIdProtocol } from '../../src/identity_providers/openid_protocol.ts';
import { ProviderFault } from '../../src/identity_providers/protocol.ts';
import { identityProvider } from '../../src/identity_providers/provider.ts';
import { createShiftedClock } from '../support/clock.ts';

const hourMs = 3_600_000;
const wish = {
  ...{ redirectUri: 'https://id.example/callback', state: 'state', nonce: 'nonce' },
  verifier: 'a'.repeat(43),
};

test('Metadata of a provider refresh by themselves, and old ones are used for a day at most', async () => {
  const scripted = await startScriptedProvider({ sub: 'x' });
  const clock = createShiftedClock();
  const [config] = declarationSchema.parse({
    identity_providers: [{ id: 'x', issuer: scripted.issuer, client_id: scripted.clientId }],
  }).identity_providers;
  assert.ok(config);
  const protocol = createOpenIdProtocol({ provider: identityProvider(config), fetch, clock });
  const asked = () =>
    scripted.requests.filter((path) => path.includes('openid-configuration')).length;

  const urls = await Promise.all([1, 2, 3].map(() => protocol.authorizationUrl(wish)));
  assert.equal(asked(), 1);
  assert.ok(urls.every(({ href }) => href.startsWith(`${scripted.issuer}/authorize?`)));

  scripted.script({ metadata: { authorization_endpoint: `${scripted.issuer}/moved` } });
  clock.forward(hourMs / 2);
  assert.match((await protocol.authorizationUrl(wish)).pathname, /^\/authorize$/);
  clock.forward(hourMs);
  assert.match((await protocol.authorizationUrl(wish)).pathname, /^\/moved$/);
  assert.equal(asked(), 2);

  const prompt = async (more: { isChoice?: boolean; maxAge?: number }) =>
    (await protocol.authorizationUrl({ ...wish, ...more })).searchParams.get('prompt');
  assert.deepEqual(await Promise.all([prompt({}), prompt({ isChoice: true })]), [
    null,
    'select_account',
  ]);
  assert.equal(await prompt({ isChoice: true, maxAge: 0 }), 'login');
  scripted.script({ metadata: { prompt_values_supported: ['none', 'login'] } });
  clock.forward(2 * hourMs);
  assert.equal(await prompt({ isChoice: true }), null);
  scripted.script({ metadata: { authorization_endpoint: `${scripted.issuer}/moved` } });
  clock.forward(2 * hourMs);
  await protocol.authorizationUrl(wish);

  await scripted.close();
  clock.forward(2 * hourMs);
  assert.match((await protocol.authorizationUrl(wish)).pathname, /^\/moved$/);
  clock.forward(24 * hourMs);
  await assert.rejects(
    protocol.authorizationUrl(wish),
    (error) => error instanceof ProviderFault && error.problem === 'unavailable',
  );
});
