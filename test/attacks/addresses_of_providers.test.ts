/**
 * Whoever types an address of a provider's mail domain is sent there: what strangers see of that is the same whether or not
 * somebody with this address is known here.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparable } from '../../harness/comparable_answers.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { eachPair, password, signInWith } from '../flows/identity_providers/scene.ts';
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
        const seen = await Promise.all(
          names.map(async (name) => {
            const { issuer } = pair().here;
            const typed = `${name}@staff.example`;
            const agent = createUserAgent();
            const page = await agent.open(String((await beginSignIn(issuer, 'app')).url));
            const sent = await agent.submit(page, {
              ...{ action: /\/sign-in$/, fields: { username: typed, password }, stopAt: 'http' },
            });
            return [comparable(page), comparable(sent, typed)];
          }),
        );
        const [first, ...others] = seen;
        assert.ok(first?.[1]?.url.startsWith(pair().upstream.issuer), first?.[1]?.url);
        for (const one of others) assert.deepEqual(one, first);
      });
    });
  },
);
