/** What several of the flows do. */
import assert from 'node:assert/strict';
import type { Person } from '../../../harness/sign_in.ts';
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
    await page.waitForFunction('!document.querySelector("form[data-submit-at-once]")');
    return;
  }
  await visitor.look(t.redirecting.title);
  const told = host ? visitor.fill(t.redirecting.intro, { host }) : t.redirecting.intro_alone;
  assert.equal(await page.locator('.intro').textContent(), told);
  await visitor.press(t.redirecting.submit);
}
