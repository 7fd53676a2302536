/** Sign-out that an app asks for: the person decides. */
import assert from 'node:assert/strict';
import { alice } from '../../support/sign_in.ts';
import { inEachWay, type Scene } from './scene.ts';
import type { Visitor } from './visitor.ts';
import { sendForm, signIn } from './walks.ts';

const client = { client_id: 'own-app' };

/** Signed in at Cardea and in the app; the sign-out request that the app makes. */
async function signedIn(v: Visitor, scene: Scene): Promise<string> {
  const request = scene.request(client);
  await v.open(request.url);
  await signIn(v, alice);
  const { body } = await request.redeem();
  const parameters = new URLSearchParams({
    id_token_hint: String(body.id_token),
    post_logout_redirect_uri: `${scene.app.origin}/bye`,
    state: 'good bye',
  });
  return `${scene.issuer}/logout?${parameters}`;
}

async function isSignedIn(v: Visitor, scene: Scene): Promise<boolean> {
  await v.open(scene.request({ ...client, prompt: 'none' }).url);
  const { answer } = scene.app.last();
  if (answer.has('code')) return true;
  assert.equal(answer.get('error'), 'login_required');
  return false;
}

inEachWay((walk) => {
  walk('A user who confirms sign-out is signed out and led back to the app', async (v, scene) => {
    const { t } = v;
    await v.open(await signedIn(v, scene));
    await v.look(t.sign_out.title);
    await v.see('Our App');
    await v.press(t.sign_out.confirm);
    const { path, answer } = scene.app.last();
    assert.equal(path, '/bye');
    assert.equal(answer.get('state'), 'good bye');
    assert.equal(await isSignedIn(v, scene), false);
  });

  walk('A user who chooses to stay remains signed in', async (v, scene) => {
    const { t } = v;
    await v.open(await signedIn(v, scene));
    await v.press(t.sign_out.stay);
    assert.equal(await isSignedIn(v, scene), true);
  });

  walk(
    'Sign-out without an app ends on a page, even for users who are already signed out',
    async (v, scene) => {
      const { t } = v;
      await signedIn(v, scene);
      await v.open(`${scene.issuer}/logout`);
      await v.press(t.sign_out.confirm);
      await v.look(t.signed_out.title);
      await v.open(`${scene.issuer}/logout`);
      await sendForm(v);
      await v.look(t.signed_out.title);
    },
  );
});
