/**
 * A browser that wanders: opens, goes back, sends forms a second time, signs in as somebody else halfway,
 * signs out in between. The server never fails over it, and never answers for a person whose password it was not given there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { alice, bob } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf, type Page } from '../../harness/user_agent.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl, verifier } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { sqliteTarget } from './target.ts';

/** Milliseconds; CARDEA_FUZZ_MS gives a longer search. */
const timeLimit = Number(process.env.CARDEA_FUZZ_MS ?? 6_000);

type Step =
  | { do: 'authorize'; client_id: string; prompt: string | undefined }
  | { do: 'device' }
  | { do: 'sign out' }
  /** Opens the address of a page that was seen before. */
  | { do: 'revisit'; page: number }
  /** Sends a form of a page that was seen before, most often of the last one. */
  | { do: 'submit'; page: number; form: number; person: number; extra: Record<string, string> };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('authorize' as const),
      client_id: fc.constantFrom('app', 'asking-app'),
      prompt: fc.constantFrom(
        ...[undefined, undefined, 'login', 'consent', 'login consent', 'select_account', 'create'],
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'device' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'sign out' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revisit' as const), page: fc.nat(20) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      page: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(20)),
      form: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(3)),
      person: fc.nat(2),
      extra: fc.constantFrom<Record<string, string>>(
        {},
        {},
        { logout: 'yes' },
        { abort: 'yes' },
        { scope: 'email' },
      ),
    }),
  },
);
const people = [alice, bob, { username: 'alice', password: 'a-password-that-is-wrong' }];

sqliteTarget(
  {
    ...declaration,
    sign_in: { attempts_per_account: '9999/15m', attempts_per_address: '9999/15m' },
  },
  (target) => {
    const redeem = async (code: string, clientId: string) => {
      const { status, body } = await postForm(`${target().issuer}/token`, {
        grant_type: 'authorization_code',
        client_id: clientId,
        code,
        code_verifier: verifier,
        redirect_uri: callback,
      });
      assert.ok(status < 500);
      return status === 200 ? decodeJwt(String(body.id_token)).sub : undefined;
    };
    const subjectOf = async (person: typeof alice): Promise<string> => {
      const { users = [] } = await target().dump();
      return String(users.find(({ username }) => username === person.username)?.id);
    };

    test('Endpoints called in random order never grant what was not earned', async () => {
      const { issuer } = target();
      const subjects = [await subjectOf(alice), await subjectOf(bob)];
      let codes = 0;
      const walk = async (steps: Step[]) => {
        const agent = createUserAgent();
        const pages: Page[] = [];
        /** Whose right password was given here. */
        const signedIn = new Set<string | undefined>();
        const see = async (page: Page) => {
          assert.ok(page.status < 500, `${page.status} at ${page.url}`);
          if (!page.url.startsWith(callback)) {
            pages.unshift(page);
            return;
          }
          const { searchParams } = new URL(page.url);
          const code = searchParams.get('code');
          if (!code) return;
          codes += 1;
          const clientId = searchParams.get('state') ?? '';
          const subject = await redeem(code, clientId);
          if (subject) assert.ok(signedIn.has(subject), 'an answer for who never signed in here');
        };
        for (const asked of steps) {
          switch (asked.do) {
            case 'authorize': {
              const { client_id, prompt } = asked;
              const url = authorizeUrl(issuer, { client_id, prompt, state: client_id });
              await see(await agent.open(url, { stopAt: callback }));
              break;
            }
            case 'device': {
              const device = await postForm(`${issuer}/device_authorization`, { client_id: 'app' });
              const url = String(device.body.verification_uri_complete);
              await see(await agent.open(url, { stopAt: callback }));
              break;
            }
            case 'sign out':
              await see(await agent.open(`${issuer}/logout`, { stopAt: callback }));
              break;
            case 'revisit': {
              const page = pages[asked.page % Math.max(pages.length, 1)];
              if (page) await see(await agent.open(page.url, { stopAt: callback }));
              break;
            }
            case 'submit': {
              const page = pages[asked.page % Math.max(pages.length, 1)];
              const forms = page ? formsOf(page.html) : [];
              const form = forms[asked.form % Math.max(forms.length, 1)];
              if (!page || !form) break;
              const person = people[asked.person] ?? alice;
              const isSignIn = form.action.endsWith('/sign-in');
              if (isSignIn) signedIn.add(subjects[people.indexOf(person)]);
              const action = new RegExp(`${form.action.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
              const answer = await agent.submit(page, {
                action,
                fields: isSignIn ? person : asked.extra,
                stopAt: callback,
              });
              await see(answer);
              break;
            }
          }
        }
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), walk), {
        numRuns: 1_000_000,
        interruptAfterTimeLimit: timeLimit,
        endOnFailure: false,
      });
      assert.ok(codes > 0);
    });
  },
);
