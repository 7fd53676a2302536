/** What cannot be answered to the app is explained to the person; and no page appears within another site. */
import assert from 'node:assert/strict';
import { alice } from '../../../harness/sign_in.ts';
import { inEachWay } from './scene.ts';
import { signIn } from './walks.ts';

inEachWay((walk) => {
  walk(
    'A request that must not be answered to the app is explained to the user',
    async (v, scene) => {
      const { t } = v;
      const { errors } = t;
      const cases = [
        [scene.request({ client_id: 'nobody' }).url, errors.invalid_client],
        [scene.request({ redirect_uri: 'https://evil.example/' }).url, errors.invalid_request],
        [`${scene.issuer}/interaction/unknown`, errors.interaction_expired],
        [`${scene.issuer}/nowhere`, errors.not_found],
      ] as const;
      for (const [url, told] of cases) {
        await v.open(url);
        await v.lookAtError(told.title);
        await v.see(told.intro);
        await v.see(t.error.reference);
      }
    },
  );

  walk('Another site cannot frame any of the pages', async (v, scene) => {
    const { page } = v;
    await v.open(scene.request({ client_id: 'own-app' }).url);
    await signIn(v, alice);
    const addresses = [
      scene.request({ prompt: 'login' }).url,
      scene.request({ prompt: 'consent' }).url,
      `${scene.issuer}/device`,
      `${scene.issuer}/logout`,
      `${scene.issuer}/nowhere`,
    ];
    for (const address of addresses) {
      await v.open(`${scene.app.origin}/?frame=${encodeURIComponent(address)}`);
      const [, frame] = page.frames();
      await frame?.waitForURL('chrome-error://chromewebdata/');
      const refusal = v.complaints
        .splice(0)
        .filter((text) => text.includes("frame-ancestors 'none'"));
      assert.equal(refusal.length, 1, address);
    }
  });
});
