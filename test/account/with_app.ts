/**
 * People with an authenticator app: the codes that it shows, and what pages show of it.
 */
import assert from 'node:assert/strict';
import { HOTP, Secret } from 'otpauth';
import type { Person } from '../../harness/sign_in.ts';
import { formsOf, type Page, type UserAgent } from '../../harness/user_agent.ts';
import type { ShiftedClock } from '../support/clock.ts';
import { textOf, type Visitor } from './scene.ts';

const step = 30_000;

export const newAppPath = '/ways/authenticator-app/new';

export function secretOn({ html }: Page): Secret {
  const [, typed] = /class="typed-secret">([A-Z2-7 ]+)</.exec(html) ?? [];
  return Secret.fromBase32((typed ?? assert.fail(textOf(html))).replaceAll(' ', ''));
}

/** The recovery codes on a page. */
export function codesOn({ html }: Page): string[] {
  return [...html.matchAll(/<li><code>([^<]+)</g)].map(([, code = '']) => code);
}

/** `clock`: of the server. It goes forward with each code, as each is good once. */
export function withApps(clock: ShiftedClock) {
  const codeOf = (secret: Secret): string => {
    clock.forward(step);
    return HOTP.generate({ secret, counter: Math.floor(clock.now() / step), digits: 6 });
  };
  return {
    codeOf,

    /** Sets an app up at the account pages; answers its secret and the page behind it. */
    async setUp({ open, send }: Visitor, path = newAppPath, name = 'Phone') {
      const page = await open(path);
      const secret = secretOn(page);
      return { secret, done: await send(page, /new/, { code: codeOf(secret), name }) };
    },

    /** Signs in, with the code of the app where it is asked for. Answers what was asked; throws for a refusal. */
    async signInWith(
      agent: UserAgent,
      begun: Page,
      person: Person,
      { secret, trust }: { secret?: Secret; trust?: boolean } = {},
    ) {
      const asked: string[] = [];
      let page = begun;
      while (!new URL(page.url).pathname.includes('/account')) {
        if (page.status >= 400) throw new Error(textOf(page.html));
        const [action = ''] = formsOf(page.html).map((form) => form.action);
        asked.push(action.split('/').at(-1) ?? '');
        const code = () => codeOf(secret ?? assert.fail(textOf(page.html)));
        const fields = /sign-in$/.test(action)
          ? person
          : { code: code(), ...(trust && { trust: 'yes' }) };
        page = await agent.submit(page, { action: /(sign-in|second-factor)$/, fields });
      }
      return { page, asked };
    },
  };
}
