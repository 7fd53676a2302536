/**
 * Whoever types an address of a provider's mail domain and no password is sent there: what strangers see of that, and of a
 * wrong password, is the same whether or not somebody with this address is known here.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparable } from '../../harness/comparable_answers.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { eachPair, signInWith } from '../flows/identity_providers/scene.ts';
import { beginSignIn } from '../flows/second_factor/walk.ts';

const person = (username: string, more: object = {}) => ({
  ...{ username, email: `${username}@staff.example`, email_verified: true, ...more },
});

await eachPair(
  {
    theirs: [person('linked')],
    ours: [person('local'), person('unverified', { email_verified: false })],
    provider: { domains: ['staff.example'] },
  },
  (pair) => {
    describe('Addresses of a provider’s domain', () => {
      test('No answer tells whether an address has an account: not where the person is sent, nor what the page says', async () => {
        // Known by the provider alone.
        assert.ok((await signInWith(pair(), { there: 'linked' })).claims?.sub);
        const names = ['linked', 'local', 'unverified', 'nobody', 'nobody-else'];
        const { issuer } = pair().here;
        const answersTo = (typedPassword: string, stopAt?: string) =>
          Promise.all(
            names.map(async (name) => {
              const typed = `${name}@staff.example`;
              const agent = createUserAgent();
              const page = await agent.open(String((await beginSignIn(issuer, 'app')).url));
              const answer = await agent.submit(page, {
                ...{ action: /\/sign-in$/, fields: { username: typed, password: typedPassword } },
                ...(stopAt && { stopAt }),
              });
              return [comparable(page), comparable(answer, typed)];
            }),
          );

        const [sent, ...othersSent] = await answersTo('', 'http');
        assert.ok(sent?.[1]?.url.startsWith(pair().upstream.issuer), sent?.[1]?.url);
        for (const one of othersSent) assert.deepEqual(one, sent);
        const [refused, ...othersRefused] = await answersTo('a-password-of-nobody');
        assert.ok(refused?.[1]?.url.startsWith(issuer), refused?.[1]?.url);
        for (const one of othersRefused) assert.deepEqual(one, refused);
      });
    });
  },
);
