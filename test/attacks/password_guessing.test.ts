/**
 * Guessing passwords: no parallel crowd gets more tries than the limit, nobody learns which accounts exist,
 * and no stranger keeps a person out.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { comparable } from '../../harness/comparable_answers.ts';
import { alice, bob, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf, type Page, type UserAgent } from '../../harness/user_agent.ts';
import { maxLength } from '../../src/definitions/lengths.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { eachTarget, sqliteTarget, type Target } from './target.ts';

const carol = { username: 'carol', password: 'collector-of-clocks' };
const nobody = { username: 'nobody-at-all', password: 'collector-of-clocks' };
const withoutPassword = { username: 'without', password: 'collector-of-clocks' };
const wrong = 'a-password-that-is-wrong';
const users = [...declaration.users, carol, { username: withoutPassword.username }];
const limited = {
  ...declaration,
  users,
  sign_in: { attempts_per_account: '5/15m', attempts_per_address: '1000/15m' },
};

type Try = (fields: Record<string, string>) => Promise<Page>;

/** A browser at the sign-in page that sends its form again and again, also many times at once. */
async function guesser({ issuer }: Target, agent: UserAgent = createUserAgent()): Promise<Try> {
  const page = await agent.open(authorizeUrl(issuer, { prompt: 'login' }));
  const form = formsOf(page.html).find(({ action }) => action.endsWith('/sign-in'));
  const url = new URL(form?.action ?? '', issuer);
  const cookie = agent
    .cookies()
    .filter(({ path }) => url.pathname.startsWith(path))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  return async (fields) => {
    const sent = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ ...Object.fromEntries(form?.fields ?? []), ...fields }),
      headers: { cookie, origin: issuer, accept: 'text/html' },
      redirect: 'manual',
    });
    // The page that says what was wrong.
    const told = sent.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
    const answer = await fetch(new URL(sent.headers.get('location') ?? '', issuer), {
      headers: { cookie: [cookie, ...told].join('; '), accept: 'text/html' },
      redirect: 'manual',
    });
    const { status, headers } = answer;
    return { url: answer.url, status, headers, html: await answer.text() };
  };
}

await eachTarget(limited, (target) => {
  test('A hundred simultaneous password guesses get no more attempts than the limit', async () => {
    const attempt = await guesser(target());
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        attempt({ username: alice.username, password: `${wrong} ${index}` }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 5);
    assert.equal(statuses.filter((status) => status === 429).length, 95);
    assert.equal((await attempt(alice)).status, 429);
    const { audit_events } = await target().dump();
    const events = (audit_events ?? []).filter(({ type }) => String(type).startsWith('sign_in.'));
    // One event of each kind, which counts all that happened; MongoDB keeps the count beside the text.
    const counts = events.map(({ type, event, count }) => [
      type,
      count ?? JSON.parse(String(event)).count,
    ]);
    assert.equal(counts.length, 2);
    assert.deepEqual(Object.fromEntries(counts), {
      'sign_in.failed': 5,
      'sign_in.throttled': 96,
    });
  });
});

sqliteTarget(limited, (target) => {
  describe('Account enumeration', () => {
    before(() => target().changeUser(bob.username, { disabledAt: 1 }));

    test('Unknown, disabled and passwordless accounts and wrong passwords get the same response and the same throttling', async () => {
      const kinds: [string, Record<string, string>][] = [
        ['wrong', { ...carol, password: wrong }],
        ['unknown', nobody],
        ['disabled, with the right password', bob],
        ['disabled', { ...bob, password: wrong }],
        ['no password', withoutPassword],
        ['by email', { username: 'alice@example.com', password: wrong }],
        ['by an unknown email', { username: 'nobody@example.com', password: wrong }],
      ];
      const histories = await Promise.all(
        kinds.map(async ([, fields]) => {
          const attempt = await guesser(target());
          const history = [];
          for (let index = 0; index < 7; index += 1) {
            history.push(comparable(await attempt(fields), fields.username));
          }
          return history;
        }),
      );
      // Those of the disabled account share one limit.
      const [first, ...others] = histories.filter((_, index) => !kinds[index]?.[0].includes('dis'));
      assert.deepEqual(
        first?.map(({ status }) => status),
        [401, 401, 401, 401, 401, 429, 429],
      );
      for (const history of others) assert.deepEqual(history, first);
      const disabled = histories.filter((_, index) => kinds[index]?.[0].includes('dis')).flat();
      assert.equal(disabled.filter(({ status }) => status === 401).length, 5);
      for (const answer of disabled) {
        assert.deepEqual(
          answer,
          first?.find(({ status }) => answer.status === status),
        );
      }
    });

    test('Other spellings of a username earn no fresh attempts', async () => {
      const attempt = await guesser(target());
      const spellings = ['Dora', 'DORA', ' dora ', 'ｄｏｒａ', 'dora', 'dOrA'];
      const statuses = [];
      for (const username of spellings) {
        statuses.push((await attempt({ username, password: wrong })).status);
      }
      assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
    });
  });
});

sqliteTarget(limited, (target) => {
  test('A stranger who guesses without end does not lock a user out of their own browser', async () => {
    const { issuer } = target();
    const person = createUserAgent();
    await walkToClient(person, authorizeUrl(issuer), callback, { person: carol });
    const attempt = await guesser(target());
    const guesses = Array.from({ length: 60 }, () => attempt({ ...carol, password: wrong }));
    const refused = (await Promise.all(guesses)).filter(({ status }) => status === 429);
    assert.equal(refused.length, 55);
    const again = authorizeUrl(issuer, { prompt: 'login' });
    const answer = await walkToClient(person, again, callback, { person: carol });
    assert.ok(answer.searchParams.get('code'));
  });

  test('Usernames and passwords of any size and kind are refused without a server error', async () => {
    const attempt = await guesser(target());
    for (const odd of [
      '',
      ' ',
      'x'.repeat(maxLength.username + 1),
      'x'.repeat(50_000),
      '\u0000',
      'a\u0000b',
      '\u202eecila',
      '\ud800',
      'ﷺ'.repeat(100),
      '𝔞𝔩𝔦𝔠𝔢',
      "' OR '1'='1",
      '{"$ne":null}',
      '__proto__',
      'constructor',
    ]) {
      for (const fields of [
        { username: odd, password: wrong },
        { username: `somebody ${odd.length}`, password: odd },
      ]) {
        const { status, html } = await attempt(fields);
        assert.ok([401, 429].includes(status), `${status} for ${odd.slice(0, 20)}`);
        assert.doesNotMatch(html, /a-password-that-is-wrong/);
      }
    }
  });
});
