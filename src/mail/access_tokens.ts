/**
 * Access tokens for mail servers that take no password (XOAUTH2): by the refresh token of a mailbox, by the credentials of
 * a service, or by a signed assertion of a service account (RFC 7523).
 */
import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import { type Clock, epochSeconds } from '../clock.ts';
import type { MailDeclaration } from '../config/schema/mail.ts';
import { hour, minuteMs } from '../definitions/units.ts';

export type AccessTokens = {
  /**
   * One that is good for some minutes. `renew`: the server did not take the last one. Throws an Error that says what the
   * token endpoint answered, and nothing secret.
   */
  get(options: { renew: boolean }): Promise<{ token: string; expiresAt: number }>;
};

type OAuth = NonNullable<MailDeclaration['smtp']['oauth']>;

/** A token is fetched anew so long before it ends. */
const marginMs = 2 * minuteMs;
/** Where the response does not say (RFC 6749 section 5.1). */
const usualLifetime = 5 * 60;
const longestToken = 20_000;

const answer = z.object({
  access_token: z.string().min(1).max(longestToken),
  expires_in: z.coerce
    .number()
    .int()
    .min(1)
    .max(366 * 24 * hour)
    .default(usualLifetime),
});
const refusal = z.object({ error: z.string().max(100) });

export function createAccessTokens({
  oauth,
  mailbox,
  fetch,
  clock,
}: {
  oauth: OAuth;
  /** Whose mails are sent. */
  mailbox: string;
  /** From net/outbound.ts. */
  fetch: typeof globalThis.fetch;
  clock: Clock;
}): AccessTokens {
  let known: { token: string; expiresAt: number } | undefined;
  let fetching: Promise<{ token: string; expiresAt: number }> | undefined;

  const request = async () => {
    const response = await fetch(oauth.token_url, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(await parametersOf(oauth, mailbox, clock)),
    });
    const body: unknown = await response.json().catch(() => undefined);
    const read = answer.safeParse(body);
    if (!response.ok || !read.success) {
      const { error } = refusal.safeParse(body).data ?? { error: 'no access token' };
      throw new Error(`the token endpoint answered ${response.status}: ${error}`);
    }
    const expiresAt = clock.now() + read.data.expires_in * 1000;
    known = { token: read.data.access_token, expiresAt };
    return known;
  };

  return {
    async get({ renew }) {
      if (known && !renew && known.expiresAt - marginMs > clock.now()) return known;
      fetching ??= request().finally(() => {
        fetching = undefined;
      });
      return fetching;
    },
  };
}

async function parametersOf(
  { token_url, client_id, client_secret, refresh_token, private_key, scope }: OAuth,
  mailbox: string,
  clock: Clock,
): Promise<Record<string, string>> {
  const asked: Record<string, string> = scope === undefined ? {} : { scope };
  if (private_key !== undefined) {
    const now = epochSeconds(clock);
    const assertion = await new SignJWT(asked)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(client_id)
      .setSubject(mailbox)
      .setAudience(token_url)
      .setIssuedAt(now)
      .setExpirationTime(now + usualLifetime)
      .sign(await importPKCS8(private_key, 'RS256'));
    return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  }
  return {
    ...(refresh_token === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token }),
    client_id,
    ...(client_secret !== undefined && { client_secret }),
    ...asked,
  };
}
