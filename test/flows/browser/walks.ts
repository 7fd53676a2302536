/** What several of the flows do. */
import assert from 'node:assert/strict';
import type { Person } from '../../../harness/sign_in.ts';
import { postForm } from '../../support/flows.ts';
import { deviceGrant } from './configuration.ts';
import type { Scene } from './scene.ts';
import type { Visitor } from './visitor.ts';

/** On the sign-in page. */
export async function signIn({ type, press, t }: Visitor, person: Person): Promise<void> {
  await type(t.sign_in.username, person.username);
  await type(t.sign_in.password, person.password);
  await press(t.sign_in.submit);
}

/** A form that sends itself has done so where scripts run; where none do, its button is pressed. */
export async function sendForm(visitor: Visitor, host?: string): Promise<void> {
  const { page, way, t } = visitor;
  if (way.scripts) {
    await page.locator('form[data-submit-at-once]').waitFor({ state: 'detached' });
    return;
  }
  await visitor.look(t.redirecting.title);
  const told = host ? visitor.fill(t.redirecting.intro, { host }) : t.redirecting.intro_alone;
  assert.equal(await page.locator('.intro').textContent(), told);
  await visitor.press(t.redirecting.submit);
}

export type Device = Awaited<ReturnType<typeof startDevice>>;

/** A television that asks for a code. */
export async function startDevice({ issuer }: Pick<Scene, 'issuer'>) {
  const { body } = await postForm(`${issuer}/device_authorization`, {
    client_id: 'tv',
    scope: 'openid orders:read',
  });
  const device_code = String(body.device_code);
  return {
    userCode: String(body.user_code),
    address: String(body.verification_uri),
    link: String(body.verification_uri_complete),
    poll: () =>
      postForm(`${issuer}/token`, { grant_type: deviceGrant, client_id: 'tv', device_code }),
  };
}
