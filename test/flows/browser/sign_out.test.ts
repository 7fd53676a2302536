/** Sign-out that an app asks for: the person decides. */
import assert from 'node:assert/strict';
import { alice } from '../../../harness/sign_in.ts';
import { inEachWay, type Scene } from './scene.ts';
import type { Visitor } from './visitor.ts';
import { sendForm, signIn } from './walks.ts';

const client = { client_id: 'own-app' };

/** Signed in at Cardea and in the app; its ID token. */
async function signedIn(v: Visitor, scene: Scene): Promise<string> {
  const request = scene.request(client);
  await v.open(request.url);
  await signIn(v, alice);
  const { body } = await request.redeem();
  return String(body.id_token);
}

/** The sign-out request that the app makes, with its ID token or without. */
function signOutUrl(scene: Scene, by: Record<string, string>): string {
  const parameters = new URLSearchParams({
    ...by,
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
    await signedIn(v, scene);
    await v.open(signOutUrl(scene, client));
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
    await signedIn(v, scene);
    await v.open(signOutUrl(scene, client));
    await v.press(t.sign_out.stay);
    assert.equal(await isSignedIn(v, scene), true);
  });

  walk('An app with the ID token of the session signs out without a question', async (v, scene) => {
    const idToken = await signedIn(v, scene);
    await v.open(signOutUrl(scene, { id_token_hint: idToken }));
    const { path, answer } = scene.app.last();
    assert.equal(path, '/bye');
    assert.equal(answer.get('state'), 'good bye');
    assert.equal(await isSignedIn(v, scene), false);
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
