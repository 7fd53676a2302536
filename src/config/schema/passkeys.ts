/**
 * The shape of `passkeys`: the domain that they are made for, and who else may use it.
 */
import { z } from 'zod';
import { origin } from './origins.ts';

/** Browsers know the related origins of so many organisations only (WebAuthn Level 3 section 5.11.1). */
const mostOrigins = 20;

export const passkeysSchema = z
  .strictObject({
    rp_id: z
      .string()
      .max(253)
      .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
        'must be a domain such as example.com, in lower case',
      )
      .optional()
      .describe(
        "The domain that passkeys are made for (RP ID); default: the issuer's host. Set it before the first one is made: passkeys of another domain are lost with a change.",
      ),
    related_origins: z
      .array(origin)
      .max(mostOrigins)
      .default([])
      .describe(
        "Origins whose own sign-in pages may use passkeys of the issuer's host (`/.well-known/webauthn`). Only those that you would give your users' passwords to.",
      ),
  })
  .prefault({})
  .describe('Passkeys.');
