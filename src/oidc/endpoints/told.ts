/**
 * What a client is told of a refusal beyond what the library says. That the verifier or the redirect URI is wrong tells
 * whoever holds the code that it is alive, which is of no use without the verifier. Whether a code or token is unknown,
 * was spent or has expired stays untold.
 */
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isAlmost, nearestRedirectUri } from '../clients/nearest_redirect_uri.ts';

export type Refused = {
  error?: string;
  error_description?: string | undefined;
  /** What the library keeps to itself. */
  error_detail?: string;
};

/** `error_description` (RFC 6749 sections 4.1.2.1 and 5.2). */
export function descriptionOf(
  { oidc }: Pick<KoaContextWithOIDC, 'oidc'>,
  { error, error_description: description, error_detail: detail = '' }: Refused,
): string | undefined {
  if (/^redirect_uri did not match/.test(description ?? '')) {
    const { redirect_uri: asked } = (oidc.params ?? {}) as { redirect_uri?: unknown };
    const nearest = nearestRedirectUri(asked, oidc.client?.redirectUris);
    // An address that is not public yet is nobody's to learn by guessing.
    const isTold = nearest !== undefined && isAlmost(String(asked), nearest);
    return isTold ? `${description}; the nearest is ${nearest}` : description;
  }
  if (error === 'invalid_grant' && detail.startsWith('code_verifier ')) return detail;
  if (error === 'invalid_grant' && detail.includes('redirect_uri mismatch')) {
    return 'redirect_uri differs from the one of the authorization request';
  }
  return description;
}

/** The same for an answer that the library has written itself. */
export const tellMore: Middleware = async (context, next) => {
  await next();
  const ctx = context as unknown as KoaContextWithOIDC;
  const body = ctx.body as Refused | undefined;
  if (ctx.status < 400 || typeof body?.error_description !== 'string') return;
  ctx.body = { ...body, error_description: descriptionOf(ctx, body) };
};
