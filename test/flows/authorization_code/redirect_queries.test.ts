/** The query of a redirect URI is the client's own: nothing in it is written another way (RFC 6749 section 3.1.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { people, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, formsOf, type UserAgent } from '../../../harness/user_agent.ts';
import { sha256 } from '../../../src/digests.ts';
import { withQueryOf } from '../../../src/oidc/endpoints/redirect_queries.ts';
import { postForm, sqliteServer } from '../../support/flows.ts';

const verifier = 'v'.repeat(43);
const query = "sig=a%20b&plus=1+2&path=%7e/x&quote='q'&flag&&empty=&%C3%BC=%e2%82%ac&sig=c";
const callback = `https://app.example/callback?${query}`;
const bye = `https://app.example/bye?${query}`;
/** Of the same address, and with less in its query. */
const shortBye = 'https://app.example/bye';
const scheme = `com.example.app:/callback?${query}`;

const declaration = {
  users: people,
  clients: [
    {
      ...{ client_id: 'app', token_endpoint_auth_method: 'none', consent: 'skip' },
      ...{ redirect_uris: [callback], post_logout_redirect_uris: [shortBye, bye], scope: 'openid' },
    },
    {
      ...{ client_id: 'native', token_endpoint_auth_method: 'none' },
      ...{ application_type: 'native', redirect_uris: [scheme], scope: 'openid' },
    },
  ],
};

sqliteServer({ declaration }, (server) => {
  const request = (parameters: Record<string, string>) =>
    `${server().issuer}/authorize?${new URLSearchParams({
      ...{ client_id: 'app', response_type: 'code', scope: 'openid', redirect_uri: callback },
      ...{ code_challenge: sha256(verifier), code_challenge_method: 'S256', state: 'a b' },
      ...parameters,
    })}`;
  /** The Location as it is on the wire. */
  const locationOf = async (agent: UserAgent, url: string): Promise<string> => {
    const cookie = agent.cookies().map(({ name, value }) => `${name}=${value}`);
    const answer = await fetch(url, { headers: { cookie: cookie.join('; ') }, redirect: 'manual' });
    return String(answer.headers.get('location'));
  };

  test('The query of a redirect URI is kept in each response mode, for codes and for errors', async () => {
    const agent = createUserAgent();
    await walkToClient(agent, request({}), 'https://app.example/callback');
    for (const [mode, separator, names] of [
      ['query', '&', /^code=[\w-]+&state=a\+b&iss=[^&]+$/],
      ['fragment', '#', /^code=[\w-]+&state=a\+b&iss=[^&]+$/],
      ['query.jwt', '&', /^response=[\w.-]+$/],
      ['fragment.jwt', '#', /^response=[\w.-]+$/],
    ] as const) {
      const sent = await locationOf(agent, request({ response_mode: mode, prompt: 'none' }));
      assert.ok(sent.startsWith(`${callback}${separator}`), sent);
      assert.match(sent.slice(callback.length + 1), names);
      const refused = await locationOf(
        createUserAgent(),
        request({ response_mode: mode, prompt: 'none' }),
      );
      assert.ok(refused.startsWith(`${callback}${separator}`), refused);
    }
    const page = await agent.open(request({ response_mode: 'form_post', prompt: 'none' }));
    assert.equal(formsOf(page.html)[0]?.action, callback);
    const early = await locationOf(agent, request({ response_type: 'token' }));
    assert.ok(early.startsWith(callback) && early.includes('error='), early);
  });

  test('The query of a redirect URI is kept where the request was pushed', async () => {
    const { body } = await postForm(
      `${server().issuer}/par`,
      Object.fromEntries(new URL(request({ prompt: 'none' })).searchParams),
    );
    const pushed = { client_id: 'app', request_uri: String(body.request_uri) };
    const url = `${server().issuer}/authorize?${new URLSearchParams(pushed)}`;
    const sent = await locationOf(createUserAgent(), url);
    assert.ok(sent.startsWith(`${callback}&error=login_required`), sent);
  });

  test('The query of a post-logout redirect URI is kept where nobody is asked', async () => {
    for (const [uri, expected] of [
      [bye, `${bye}&state=c+d`],
      [shortBye, `${shortBye}?state=c+d`],
    ] as const) {
      const agent = createUserAgent();
      const answer = await walkToClient(agent, request({}), 'https://app.example/callback');
      const { body } = await postForm(`${server().issuer}/token`, {
        ...{ grant_type: 'authorization_code', client_id: 'app', redirect_uri: callback },
        ...{ code: answer.searchParams.get('code') ?? '', code_verifier: verifier },
      });
      const asked = new URLSearchParams({
        ...{ id_token_hint: String(body.id_token), state: 'c d' },
        post_logout_redirect_uri: uri,
      });
      assert.equal(await locationOf(agent, `${server().issuer}/logout?${asked}`), expected);
    }
  });

  test('The query of a private-use scheme URI is kept', async () => {
    const sent = await locationOf(
      createUserAgent(),
      request({ client_id: 'native', redirect_uri: scheme, prompt: 'none' }),
    );
    assert.ok(sent.startsWith(`${scheme}&error=login_required`), sent);
  });

  test('The query of a post-logout redirect URI is kept, with a state and without', async () => {
    for (const state of [undefined, 'c d']) {
      const agent = createUserAgent();
      await walkToClient(agent, request({}), 'https://app.example/callback');
      const asked = { client_id: 'app', post_logout_redirect_uri: bye, ...(state && { state }) };
      const page = await agent.open(`${server().issuer}/logout?${new URLSearchParams(asked)}`);
      const form = formsOf(page.html).find(({ action }) => action.endsWith('/logout/confirm'));
      const answer = await fetch(new URL(form?.action ?? '', server().issuer), {
        ...{ method: 'POST', redirect: 'manual' },
        headers: {
          cookie: agent
            .cookies()
            .map(({ name, value }) => `${name}=${value}`)
            .join('; '),
        },
        body: new URLSearchParams([...(form?.fields ?? []), ['logout', 'yes']]),
      });
      const expected = state ? `${bye}&state=c+d` : bye;
      assert.equal(answer.headers.get('location'), expected);
    }
  });

  test('A response parameter replaces one of the same name in the redirect URI and nothing else', () => {
    const cases: [string, string, string | undefined][] = [
      [
        'https://a.example/cb?x=1&state=own&y=%20',
        'https://a.example/cb?x=1&state=s&y=+',
        'https://a.example/cb?x=1&y=%20&state=s',
      ],
      ['https://a.example/cb', 'https://a.example/cb?code=1', 'https://a.example/cb?code=1'],
      ['https://A.example', 'https://a.example/?code=1', 'https://A.example?code=1'],
      ['https://a.example/cb?', 'https://a.example/cb?code=1', 'https://a.example/cb?code=1'],
      [
        'https://a.example/cb?a=?&b',
        'https://a.example/cb?a=%3F&b=&code=1',
        'https://a.example/cb?a=?&b&code=1',
      ],
      ['https://a.example/cb', 'https://b.example/cb?code=1', undefined],
      ['https://a.example/cb', 'https://a.example/other?code=1', undefined],
      ['https://a.example/cb?own=1', 'https://a.example/cb?code=1', undefined],
      ['https://a.example/cb', '/interaction/x', undefined],
      ['https://a.example/c\nb', 'https://a.example/cb?code=1', undefined],
    ];
    for (const [registered, location, expected] of cases) {
      assert.equal(withQueryOf(registered, location), expected, registered);
    }
  });
});
