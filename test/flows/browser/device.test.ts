/** A device without a browser, and the person who connects it in theirs (RFC 8628). */
import assert from 'node:assert/strict';
import { televisionOwners } from './configuration.ts';
import { inEachWay } from './scene.ts';
import type { Visitor } from './visitor.ts';
import { sendForm, signIn, startDevice } from './walks.ts';

async function enterCode({ type, press, t }: Visitor, code: string): Promise<void> {
  await type(t.device_code.code, code);
  await press(t.device_code.submit);
}

/** Whoever agreed once is not asked again: each way is walked by somebody else. */
const owners = televisionOwners.values();

inEachWay((walk) => {
  walk('A device is connected by the code that it shows', async (v, scene) => {
    const { page, t } = v;
    const device = await startDevice(scene);
    await v.open(device.address);
    await v.look(t.device_code.title);
    await enterCode(v, 'WRNG-CODE');
    await v.lookAtError(t.device_code.title);
    await v.see(t.device_code_errors.not_found);
    const focused = page.locator(':focus');
    assert.equal(await focused.getAttribute('name'), 'user_code');
    assert.match((await focused.getAttribute('aria-describedby')) ?? '', /\bproblem\b/);
    assert.equal(await focused.inputValue(), 'WRNG-CODE');

    await enterCode(v, device.userCode.toLowerCase());
    await v.look(t.device_confirm.title);
    await v.see(device.userCode);
    await v.see('The Television');
    await v.press(t.device_confirm.confirm);
    await signIn(v, owners.next().value ?? assert.fail());
    await v.look(t.consent.title);
    await v.press(t.consent.allow);
    await v.look(t.device_done.title);
    assert.equal((await device.poll()).status, 200);
  });

  walk('A user who refuses is told that nothing was connected', async (v, scene) => {
    const { t } = v;
    const device = await startDevice(scene);
    await v.open(device.address);
    await enterCode(v, device.userCode);
    await v.press(t.device_confirm.abort);
    await v.look(t.device_code.title);
    await v.see(t.device_code_errors.aborted);
    assert.equal((await device.poll()).body.error, 'access_denied');
  });

  walk('A link that contains the user code connects nothing by itself', async (v, scene) => {
    const { t } = v;
    const device = await startDevice(scene);
    await v.open(device.link);
    await sendForm(v);
    await v.look(t.device_confirm.title);
    await v.see(device.userCode);
    assert.equal((await device.poll()).body.error, 'authorization_pending');
    await v.press(t.device_confirm.confirm);
    // There is no app to go back to.
    await v.press(t.sign_in.cancel_alone);
    await v.see(t.device_code_errors.aborted);
    assert.equal((await device.poll()).body.error, 'access_denied');
  });
});
