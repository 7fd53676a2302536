/**
 * Protects the forms of a sign-in from being sent by anybody else's page: the token proves that the form was
 * rendered for this very interaction, and the browser must say that it was sent from our own origin. The
 * interaction's cookie alone would not do: a neighbouring subdomain can plant one of its own.
 */
import type { Context } from 'koa';
import { equalSecrets, hmacSha256 } from '../digests.ts';
import { forgedRequest, isFromOrigin } from '../http/same_origin.ts';

export type AntiForgery = {
  /** The hidden fields of a form that belongs to this interaction. */
  fields(interactionId: string): Record<string, string>;
  /** Throws a CardeaError 403 when the form is not ours, or not for this interaction. */
  check(ctx: Context, interactionId: string, token: string | undefined): void;
};

const fieldName = 'csrf';

export function createAntiForgery({
  keys,
  origin,
}: {
  /** The first makes tokens, all verify. */
  keys: Buffer[];
  /** The issuer's origin. */
  origin: string;
}): AntiForgery {
  const tokens = (interactionId: string) =>
    keys.map((key) => hmacSha256(key, `interaction ${interactionId}`));

  return {
    fields: (interactionId) => ({ [fieldName]: tokens(interactionId)[0] ?? '' }),
    check(ctx, interactionId, token = '') {
      const ours = tokens(interactionId).some((expected) => equalSecrets(expected, token));
      if (!ours || !isFromOrigin(ctx, origin)) throw forgedRequest();
    },
  };
}
