/**
 * What is said of a token by itself: the code that the server and browsers run alike, with real keys and signatures.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  CompactEncrypt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { parseExpectations } from '../../src/inspection/portable/expectations.js';
import { inspectLocally } from '../../src/inspection/portable/inspect_locally.js';
import { takeOut } from '../../src/inspection/portable/pasted_text.js';
import { thumbprintOf } from '../../src/inspection/portable/signatures.js';
import { wordReport } from '../../src/inspection/portable/wording.js';
import type { PublicKey, Report } from '../../src/inspection/report.ts';
import { pageTexts } from '../../src/pages/texts.ts';

const issuer = 'https://id.example';
const now = Date.UTC(2031, 4, 4, 10, 20, 30);
const seconds = now / 1000;
const api = {
  ...{ identifier: 'https://orders.example', name: 'Orders', format: 'jwt' as const },
  scopes: ['orders:read'],
};
const good = {
  ...{ iss: issuer, sub: 'job', aud: api.identifier, client_id: 'job', scope: 'orders:read' },
  ...{ jti: 'x', iat: seconds - 60, exp: seconds + 600 },
};

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
let pair: KeyPair;
let keys: PublicKey[];

before(async () => {
  pair = await generateKeyPair('RS256', { extractable: true });
  keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' }];
});

const sign = (claims: JWTPayload, header: object = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(pair.privateKey);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function inspect(text: string, fields: Parameters<typeof parseExpectations>[0] = {}) {
  const { expectations, problems } = parseExpectations(fields);
  assert.deepEqual(problems, {});
  return inspectLocally({ text, expectations, issuer, keys, now, apis: [api] });
}

const codesOf = ({ sections }: Report) =>
  sections.flatMap(({ statements }) => statements.map(({ code }) => code));

async function assertReason(token: string, reason: string | undefined, fields = {}): Promise<void> {
  const report = await inspect(token, fields);
  assert.equal(report.reason?.code, reason, JSON.stringify(codesOf(report)));
}

describe('What was pasted', () => {
  test('A token is found in what surrounds it where people copy it from', async () => {
    const token = await sign(good);
    const pastes: [string, string][] = [
      [`  ${token}\n`, ''],
      [`Bearer ${token}`, 'pasted_scheme'],
      [`"${token}"`, 'pasted_quotes'],
      [`Authorization: Bearer ${token}`, 'pasted_header'],
      [`${token.slice(0, 70)}\n${token.slice(70)}`, 'pasted_whitespace'],
      [JSON.stringify({ access_token: token, token_type: 'Bearer' }), 'pasted_json'],
      [`curl -H "Authorization: Bearer ${token}" https://orders.example/`, 'pasted_command'],
      [`curl https://id.example/introspect -d token=${token}`, 'pasted_command'],
      [`https://app.example/callback#state=1&access_token=${token}`, 'pasted_from_url'],
      [`access_token=${token}&token_type=Bearer`, 'pasted_form'],
    ];
    for (const [text, note] of pastes) {
      const { value, notes } = takeOut(text);
      assert.equal(value, token, text);
      if (note)
        assert.ok(
          notes.some(({ code }) => code === note),
          `${note}: ${text}`,
        );
    }
  });

  test('A JSON response with several tokens says which one is looked at', () => {
    const { value, notes } = takeOut('{"id_token":"i","access_token":"a","refresh_token":"r"}');
    assert.equal(value, 'a');
    assert.deepEqual(notes.at(-1)?.values, { names: 'id_token, refresh_token' });
  });

  test('A token that was cut off, padded or altered is told from one that is whole', async () => {
    const token = await sign(good);
    const [header = '', payload = '', signature = ''] = token.split('.');
    await assertReason(`${header}.${payload}`, 'form_truncated');
    await assertReason(`${header}.${payload.slice(0, -20)}.${signature}`, 'payload_unreadable');
    await assertReason(header.slice(0, 20), 'header_unreadable');
    await assertReason(`${token}…`, 'pasted_ellipsis');
    await assertReason(`${token}==`, 'form_padding');
    await assertReason(`${token}.x`, 'form_parts');
  });

  test('Whatever is pasted is answered, in words, in every language', async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .json()
        .map((json) => `${encode({ alg: 'RS256' })}.${Buffer.from(json).toString('base64url')}.x`),
      fc.json().map((json) => `${Buffer.from(json).toString('base64url')}.e30.x`),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        const report = await inspect(text, { api: api.identifier });
        for (const locale of ['en', 'de'] as const) {
          const worded = wordReport(report, pageTexts[locale].inspector, locale);
          assert.doesNotMatch(JSON.stringify(worded), /[\u202e\u2066]/);
        }
      }),
    );
  });
});

describe('The reason why a token is not good', () => {
  test('A good token has none, and what a browser cannot know stays open', async () => {
    const report = await inspect(await sign(good), { api: api.identifier });
    assert.equal(report.verdict, 'undecided');
    assert.ok(codesOf(report).includes('signed_by_published'));
    assert.ok(codesOf(report).includes('local_revocation'));
  });

  test('Each way to forge or misuse a token is named', async () => {
    const unsigned = `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(good)}.`;
    await assertReason(unsigned, 'alg_none');
    const altered = (await sign(good)).split('.');
    await assertReason(
      `${altered[0]}.${encode({ ...good, sub: 'root' })}.${altered[2]}`,
      'signature_wrong',
    );
    await assertReason(await sign(good, { kid: 'k2' }), 'key_unknown');
    await assertReason(await sign({ ...good, exp: seconds - 1 }), 'expired');
    await assertReason(await sign({ ...good, nbf: seconds + 90 }), 'not_yet');
    await assertReason(
      await sign({ ...good, exp: (seconds + 600) * 1000 }),
      'time_in_milliseconds',
    );
    const { exp: _exp, ...endless } = good;
    await assertReason(await sign(endless), 'exp_missing');
    await assertReason(await sign(good, { crit: ['b64'], b64: true }), 'crit');
    const brought = await inspect(await sign(good, { jku: 'https://evil.example/jwks' }));
    assert.ok(codesOf(brought).includes('key_in_header'));
  });

  test('A token that is signed with the public key as a secret is called an attack', async () => {
    const secret = new TextEncoder().encode((await exportSPKI(pair.publicKey)).trimEnd());
    const confused = await new SignJWT(good)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' })
      .sign(secret);
    await assertReason(confused, 'mac_of_public_key');
    const other = await new SignJWT(good)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .sign(new TextEncoder().encode('a secret of thirty-two characters'));
    assert.ok(codesOf(await inspect(other)).includes('mac_of_unknown_secret'));
  });

  test('Each signature algorithm of JWTs is verified', async () => {
    for (const alg of ['RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']) {
      const own = await generateKeyPair(alg, { extractable: true });
      const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k', alg };
      const token = await new SignJWT(good)
        .setProtectedHeader({ alg, kid: 'k', typ: 'at+jwt' })
        .sign(own.privateKey);
      const report = await inspectLocally({
        ...{ text: token, issuer, now, apis: [], keys: [jwk] },
        expectations: parseExpectations({}).expectations,
      });
      assert.ok(codesOf(report).includes('signed_by_published'), alg);
      const forged = `${token.slice(0, -8)}${'A'.repeat(8)}`;
      const refused = await inspectLocally({
        ...{ text: forged, issuer, now, apis: [], keys: [jwk] },
        expectations: parseExpectations({}).expectations,
      });
      assert.equal(refused.reason?.code, 'signature_wrong', alg);
    }
  });

  test('An API names the one thing to mend first', async () => {
    const asked = { api: api.identifier };
    await assertReason(
      await sign({ ...good, aud: 'https://other.example' }),
      'api_wrong_audience',
      asked,
    );
    await assertReason(
      await sign({ ...good, nonce: 'n' }, { typ: 'JWT' }),
      'api_other_kind',
      asked,
    );
    const expired = { ...good, aud: 'https://other.example', exp: seconds - 1 };
    await assertReason(await sign(expired), 'api_wrong_audience', asked);
    await assertReason(
      await sign({ ...good, iss: 'https://other.example' }),
      'api_other_issuer',
      asked,
    );
    const bound = await inspect(await sign({ ...good, cnf: { jkt: 'x' } }), asked);
    assert.ok(codesOf(bound).includes('api_needs_dpop'));
  });
});

describe('What is expected of a token', () => {
  test('Issuer, audience, scopes and claims are compared, and what is not met is named', async () => {
    const token = await sign({ ...good, department: 'sales', roles: ['admin', 'dev'] });
    const met = await inspect(token, {
      ...{ issuer, audience: api.identifier, scope: 'orders:read' },
      claim: 'department=sales\nroles=admin',
    });
    assert.equal(met.reason, undefined);
    await assertReason(token, 'issuer_slash', { issuer: `${issuer}/` });
    await assertReason(token, 'audience_unmet', { audience: 'https://other.example' });
    await assertReason(token, 'scopes_unmet', { scope: 'orders:read orders:write' });
    await assertReason(token, 'claim_unmet', { claim: 'department=legal' });
    await assertReason(token, 'claim_missing', { claim: 'tenant=1' });
  });

  test('A token is judged at the instant that is asked about, with a tolerance for clocks', async () => {
    const token = await sign(good);
    await assertReason(token, 'expired', { at: '2031-05-04T11:00:00Z' });
    await assertReason(token, 'expired', { at: String(seconds + 3600) });
    await assertReason(token, undefined, { at: '2031-05-04T10:30:40Z', tolerance: '30' });
    assert.deepEqual(parseExpectations({ at: 'soon', tolerance: '-1', claim: 'x' }).problems, {
      ...{ at: 'at', tolerance: 'tolerance', claim: 'claim' },
    });
  });
});

describe('Other kinds of tokens', () => {
  test('A DPoP proof is verified by the key that it brings', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const proof = (claims: object) =>
      new SignJWT({ htm: 'POST', htu: `${issuer}/token`, jti: 'p', iat: seconds, ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(privateKey);
    const report = await inspect(await proof({}));
    assert.deepEqual([report.kind, report.verdict], ['dpop_proof', 'accepted']);
    const [signature] = report.sections.find(({ name }) => name === 'signature')?.statements ?? [];
    assert.equal(signature?.values.jkt, await thumbprintOf(jwk));
    await assertReason(await proof({ iat: seconds - 3600 }), 'proof_old');
  });

  test('Each kind of token is told by its type or its claims', async () => {
    const logout = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } };
    const kinds: [string, JWTPayload, object][] = [
      ['logout_token', { ...good, ...logout, sid: 's' }, { typ: 'logout+jwt' }],
      ['id_token', { ...good, nonce: 'n' }, { typ: 'JWT' }],
      [
        'client_assertion',
        { iss: 'job', sub: 'job', aud: issuer, jti: 'j', exp: seconds + 60 },
        { typ: 'JWT' },
      ],
      [
        'request_object',
        { client_id: 'app', response_type: 'code' },
        { typ: 'oauth-authz-req+jwt' },
      ],
      ['untyped_access_token', good, { typ: 'JWT' }],
    ];
    for (const [kind, claims, header] of kinds) {
      assert.equal((await inspect(await sign(claims, header))).kind, kind);
    }
    await assertReason(
      await sign({ ...good, ...logout, sid: 's', nonce: 'n' }, { typ: 'logout+jwt' }),
      'logout_nonce',
    );
  });

  test('Of an encrypted token the header alone is told', async () => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256');
    const jwe = await new CompactEncrypt(new TextEncoder().encode('{}'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(publicKey);
    const report = await inspect(jwe);
    assert.deepEqual([report.kind, report.verdict], ['jwe', 'undecided']);
    assert.deepEqual(codesOf(report), ['encrypted']);
  });

  test('A token of another issuer is decoded, and it is said that its signature was not checked', async () => {
    const report = await inspect(await sign({ ...good, iss: 'https://other.example' }));
    assert.equal(report.verdict, 'undecided');
    assert.ok(codesOf(report).includes('foreign_unchecked'));
  });
});

describe('The words of the inspector', () => {
  test('Each statement that the code can make has a text', () => {
    const folder = new URL('../../src/inspection/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const code = files
      .filter((file) => /\.[jt]s$/.test(file))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n');
    const said = [...code.matchAll(/say\(\s*'\w+',\s*'(\w+)'/g)].map(([, name = '']) => name);
    const { statements } = pageTexts.en.inspector;
    assert.ok(said.length > 60);
    assert.deepEqual(
      said.filter((name) => !(name in statements)),
      [],
    );
    // These are put together from a prefix and what the record says.
    const made = /^(revoked|owner|signed_by|key)_/;
    const unsaid = Object.keys(statements).filter((name) => !made.test(name));
    assert.deepEqual(
      unsaid.filter((name) => !code.includes(`'${name}'`)),
      [],
    );
  });
});
