/** Each row of the table of reasons can be the reason of something, and each name is there once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalReasons } from '../../src/definitions/refusal_reasons.ts';
import { reasonOf } from '../../src/refusals/reason_of.ts';

test('Each reason has a name of its own, and no earlier row of its code takes everything', () => {
  const names = refusalReasons.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  const exhausted = new Set<string>();
  for (const { name, errors, when } of refusalReasons) {
    assert.ok(
      errors.some((error) => !exhausted.has(error)),
      name,
    );
    if (when.source === '^') for (const error of errors) exhausted.add(error);
  }
});

test('What is known of a refusal leads to its reason, whatever field it is in', () => {
  const cases: [string, Record<string, unknown>][] = [
    ['client_secret_wrong', { error: 'invalid_client', detail: 'invalid secret provided' }],
    ['client_unknown', { error: 'invalid_client', client_fault: 'there is no client of this id' }],
    [
      'code_verifier_wrong',
      { error: 'invalid_grant', detail: 'code_verifier does not match code_challenge' },
    ],
    [
      'code_spent',
      {
        error: 'invalid_grant',
        presented: 'AuthorizationCode ab…',
        presented_fault: 'it was spent at 2026',
      },
    ],
    [
      'refresh_token_reused',
      {
        error: 'invalid_grant',
        presented: 'RefreshToken ab…',
        presented_fault: 'it was spent at 2026',
      },
    ],
    [
      'redirect_uri_not_registered',
      { error: 'invalid_redirect_uri', nearest_redirect_uri: 'https://a.example' },
    ],
    [
      'post_logout_redirect_uri_not_registered',
      { error: 'invalid_request', description: 'post_logout_redirect_uri not registered' },
    ],
    [
      'pkce_missing',
      {
        error: 'invalid_request',
        description: 'Authorization Server policy requires PKCE to be used for this request',
      },
    ],
    ['request_malformed', { error: 'invalid_request', description: 'unheard of' }],
  ];
  for (const [name, details] of cases) assert.equal(reasonOf(details)?.name, name);
  assert.equal(reasonOf({ error: 'not_found' }), undefined);
});
