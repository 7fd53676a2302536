/** While a password is typed the page says what is wrong with it, and sends nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PageName } from '../../src/pages/page_data.ts';
import { pageSamples } from '../../src/pages/page_samples.ts';
import { openBrowserSite, phone } from './browser_site.ts';

const { publish, visit } = openBrowserSite();

/** Where a password is chosen: the field, and a word of the person in the samples. */
const pages = [
  { page: 'new_password', field: 'password', own: 'alice' },
  { page: 'first_owner', field: 'password', own: 'olga' },
  { page: 'sign_up_account', field: 'password', own: 'example' },
  { page: 'account/password', field: 'new_password', own: 'adams' },
] as const satisfies { page: PageName; field: string; own: string }[];

describe('What is wrong with a password while it is typed', () => {
  for (const { page: name, field, own } of pages) {
    test(`The page ${name} tells how much is missing, and of the person's own words`, async () => {
      const [sample] = Object.values(pageSamples[name]);
      assert.ok(sample);
      const path = publish(`/words/${name}`, name, sample as never);
      await visit([path], { viewport: phone }, async (page) => {
        const words = page.locator('password-words');
        const input = page.locator(`#${field}`);
        const username = page.locator('input[autocomplete="username"]:not([readonly])');
        if ((await username.count()) > 0) await username.fill('olga');
        await page.waitForSelector('password-words[data-state=empty]', { state: 'attached' });
        assert.equal(await words.getAttribute('role'), 'status');
        let requests = 0;
        page.on('request', () => {
          requests += 1;
        });
        const said = async (typed: string, text: RegExp) => {
          await input.fill(typed);
          await words
            .getByText(text)
            .or(words.filter({ hasText: text }))
            .first()
            .waitFor();
        };
        await said('brambles-12', /^4 more characters$/);
        // Composed of more than one code unit, and one character.
        await said('brambles-1234\u{1f98a}', /^One more character$/);
        await said(`brambles-and-${own}-99`, /contains your name/);
        await said(`brambles-and-${own}s-and-berries`, /^Long enough/);
        await input.fill('');
        await page.waitForSelector('password-words[data-state=empty]', { state: 'attached' });
        assert.equal(await words.textContent(), '');
        assert.equal(requests, 0);
      });
    });
  }
});
