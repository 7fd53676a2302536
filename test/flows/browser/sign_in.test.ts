/** From an authorization request through sign-in and consent back to the app, in a real browser. */
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { alice, bob } from '../../../harness/sign_in.ts';
import { inEachWay } from './scene.ts';
import { signIn } from './walks.ts';

/** Whatever was allowed before. */
const asked = { prompt: 'consent' };

inEachWay((walk) => {
  walk(
    'A wrong password is reported at its field, and the right one signs in',
    async (v, scene) => {
      const { page, t } = v;
      await v.open(scene.request({ client_id: 'own-app' }).url);
      await v.look(t.sign_in.title);
      await signIn(v, { ...alice, password: 'wrong' });
      await v.lookAtError(t.sign_in.title);
      const { invalid_credentials } = t.sign_in_errors;
      assert.ok(await page.getByRole('alert').getByText(invalid_credentials).isVisible());
      const focused = page.locator(':focus');
      assert.equal(await focused.getAttribute('name'), 'password');
      assert.equal(await focused.getAttribute('aria-describedby'), 'problem');
      assert.equal(await page.getByLabel(t.sign_in.username).inputValue(), alice.username);
      assert.equal(await focused.inputValue(), '');
      assert.doesNotMatch(page.url(), /sign-in/);
      await page.reload();
      await v.lookAtError(t.sign_in.title);
      assert.equal(await page.getByLabel(t.sign_in.username).inputValue(), alice.username);
      await v.type(t.sign_in.password, alice.password);
      await v.press(t.sign_in.submit);
      assert.ok(scene.app.last().answer.get('code'));
    },
  );

  walk(
    'The app gets exactly what the user allowed, and the user is not asked again',
    async (v, scene) => {
      const { t } = v;
      const request = scene.request(asked);
      await v.open(request.url);
      await signIn(v, alice);
      await v.look(t.consent.title);
      await v.see('The App');
      await v.toggle('Change your orders');
      await v.toggle(t.scopes.email.title);
      await v.press(t.consent.allow);
      const { answer } = scene.app.last();
      assert.equal(answer.get('state'), 'a state');
      assert.equal(answer.get('iss'), scene.issuer);
      const { status, body } = await request.redeem();
      assert.equal(status, 200);
      assert.deepEqual(String(body.scope).split(' ').sort(), ['openid', 'orders:read', 'profile']);
      const claims = decodeJwt(String(body.id_token));
      assert.equal(claims.name, 'Alice Adams');
      assert.equal(claims.email, undefined);

      const silent = scene.request({ prompt: 'none' });
      await v.open(silent.url);
      assert.equal((await silent.redeem()).status, 200);
      await v.open(scene.request({ client_id: 'other-app', prompt: 'none' }).url);
      assert.equal(scene.app.last().answer.get('error'), 'consent_required');
    },
  );

  walk('A user who cancels returns to the app, before and after sign-in', async (v, scene) => {
    const { t } = v;
    await v.open(scene.request(asked).url);
    await v.press(v.fill(t.sign_in.cancel, { client: 'The App' }));
    assert.equal(scene.app.last().answer.get('error'), 'access_denied');
    await v.open(scene.request({ ...asked, state: 'again' }).url);
    await signIn(v, alice);
    await v.press(t.consent.deny);
    const { answer } = scene.app.last();
    assert.equal(answer.get('error'), 'access_denied');
    assert.equal(answer.get('state'), 'again');
    assert.equal(answer.get('code'), null);
  });

  walk('An app lets the user choose the account to go on with', async (v, scene) => {
    const { t } = v;
    await v.open(scene.request({ client_id: 'own-app' }).url);
    await signIn(v, alice);
    const request = scene.request({ client_id: 'own-app', prompt: 'select_account' });
    await v.open(request.url);
    await v.look(t.select_account.title);
    await v.see('Alice Adams');
    await v.press('Alice Adams alice');
    const { body } = await request.redeem();
    assert.equal(decodeJwt(String(body.id_token)).preferred_username, 'alice');
    const other = scene.request({ client_id: 'own-app', prompt: 'select_account' });
    await v.open(other.url);
    await v.press(t.select_account.other);
    await signIn(v, bob);
    const { body: now } = await other.redeem();
    assert.equal(decodeJwt(String(now.id_token)).preferred_username, 'bob');
    const first = scene.request({ client_id: 'own-app', prompt: 'select_account' });
    await v.open(first.url);
    await v.look(t.select_account.title);
    await v.see('Bob Brown');
    await v.press('Alice Adams alice');
    const { body: again } = await first.redeem();
    assert.equal(decodeJwt(String(again.id_token)).preferred_username, 'alice');
  });

  walk('The link "not you?" lets somebody else sign in', async (v, scene) => {
    const { t } = v;
    const request = scene.request(asked);
    await v.open(request.url);
    await signIn(v, alice);
    await v.see('Alice Adams');
    await v.press(t.consent.switch_account);
    await signIn(v, bob);
    await v.see('Bob Brown');
    await v.press(t.consent.allow);
    const { body } = await request.redeem();
    assert.equal(decodeJwt(String(body.id_token)).preferred_username, 'bob');
  });
});
