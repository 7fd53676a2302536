/** A verifier that takes API keys, and the ways to give it one. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type {
  ApiKeyOptions,
  VerifiedApiKey,
  VerifierOptions,
} from '../../../src/verifier/index.ts';
import { apiClient } from './key_endpoint.ts';
import { setUp } from './verifying.ts';

/** See `setUp`; the issuer's keys, and their verification, beside it. */
export async function setUpKeys(
  context: Parameters<typeof setUp>[0],
  keyOptions: Partial<ApiKeyOptions> = {},
  options: Partial<VerifierOptions> = {},
) {
  const at = await setUp(context, { api_keys: { ...apiClient, ...keyOptions }, ...options });
  const { apiKeys } = at.issuer;
  return {
    ...at,
    apiKeys,
    verifyKey: async (input: Parameters<typeof at.verifier.verify>[0]): Promise<VerifiedApiKey> => {
      const verified = await at.verifier.verify(input);
      assert.ok(verified.kind === 'api_key');
      return verified;
    },
  };
}

export const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
export const inHeader = (key: string) => ({ headers: { 'x-api-key': key } });

/** Everything that a failure would show to who logs it. */
export const shown = (value: unknown) => inspect(value, { depth: 20, showHidden: true });
