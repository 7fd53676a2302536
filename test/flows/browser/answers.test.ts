/** How the answer reaches the app, and what comes of forms that are sent twice and pages that are over. */
import assert from 'node:assert/strict';
import { alice } from '../../../harness/sign_in.ts';
import { inEachWay } from './scene.ts';
import { sendForm, signIn } from './walks.ts';

const day = 24 * 3_600_000;

inEachWay((walk) => {
  walk('A form_post response arrives by POST, with or without scripts', async (v, scene) => {
    const request = scene.request({ client_id: 'own-app', response_mode: 'form_post' });
    await v.open(request.url);
    await signIn(v, alice);
    await sendForm(v, new URL(scene.app.origin).host);
    await v.see('An app');
    const { method, answer } = scene.app.last();
    assert.equal(method, 'POST');
    assert.equal(answer.get('state'), 'a state');
    assert.equal((await request.redeem()).status, 200);
  });

  walk('A user who submits the form repeatedly is signed in once', async (v, scene) => {
    const { page, t } = v;
    const request = scene.request({ client_id: 'own-app' });
    await v.open(request.url);
    await v.type(t.sign_in.username, alice.username);
    await v.type(t.sign_in.password, alice.password);
    let posts = 0;
    page.on('request', (sent) => {
      posts += sent.method() === 'POST' ? 1 : 0;
    });
    await page.getByRole('button', { name: t.sign_in.submit }).dblclick();
    await v.see('An app');
    if (v.way.scripts) assert.equal(posts, 1);
    assert.equal((await request.redeem()).status, 200);
  });

  walk(
    'Going back after sign-in leads to an explanation and not to the sign-in form',
    async (v, scene) => {
      const { page, t } = v;
      await v.open(`${scene.app.origin}/`);
      await v.open(scene.request({ prompt: 'consent' }).url);
      await signIn(v, alice);
      await v.press(t.consent.allow);
      await page.goBack();
      await v.lookAtError(t.errors.interaction_expired.title);
      await v.see(t.errors.interaction_expired.intro);
    },
  );

  walk('An expired form says so and signs nobody in', async (v, scene) => {
    const { t } = v;
    await v.open(scene.request({ client_id: 'own-app' }).url);
    scene.clock.forward(day);
    await signIn(v, alice);
    scene.clock.forward(-day);
    await v.lookAtError(t.errors.interaction_expired.title);
  });
});
