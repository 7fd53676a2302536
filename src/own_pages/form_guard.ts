/**
 * Keeps forms from being sent by anybody else's page: the token proves that the form was shown in this very session, and
 * the browser must say that it was sent from our own origin.
 */
import type { Context } from 'koa';
import { equalSecrets, hmacSha256 } from '../digests.ts';
import { forgedRequest, isFromOrigin } from '../http/same_origin.ts';
import type { Site } from './site.ts';

const formTokenField = 'form_token';

export type FormGuard = {
  token(sessionId: string): string;
  /** Throws CardeaError `forged_request` (403). */
  check(ctx: Context, sessionId: string, form: URLSearchParams): void;
};

export function createFormGuard({
  site: { name },
  keys,
  origin,
}: {
  site: Site;
  /** The first makes tokens, all verify. */
  keys: readonly Buffer[];
  /** The issuer's. */
  origin: string;
}): FormGuard {
  const tokens = (sessionId: string) =>
    keys.map((key) => hmacSha256(key, `${name} form ${sessionId}`));

  return {
    token: (sessionId) => tokens(sessionId)[0] ?? '',
    check(ctx, sessionId, form) {
      const sent = form.get(formTokenField) ?? '';
      const isOurs = tokens(sessionId).some((expected) => equalSecrets(expected, sent));
      if (!isOurs || !isFromOrigin(ctx, origin)) throw forgedRequest();
    },
  };
}
