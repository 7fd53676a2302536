/**
 * What browsers send of a passkey, as JSON (WebAuthn Level 3 section 5.1, `toJSON`): its shape, and no more of it than
 * is looked at.
 */
import { z } from 'zod';

/** Of anything in it: the public key and the attestation are the longest. */
const longest = 16_384;
/** WebAuthn Level 3 section 4: at most 1,023 bytes. */
const longestId = 1364;
const base64url = z.string().regex(/^[\w-]+$/);

const shared = {
  id: base64url.max(longestId),
  rawId: base64url.max(longestId),
  type: z.literal('public-key'),
  // Nothing of the extensions is asked for, and nothing is believed.
  clientExtensionResults: z.unknown().transform(() => ({})),
};

const assertionSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url.max(longest),
    authenticatorData: base64url.max(longest),
    signature: base64url.max(longest),
    userHandle: base64url.max(longest).nullish(),
  }),
});

const registrationSchema = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url.max(longest),
    attestationObject: base64url.max(longest),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,32}$/))
      .max(10)
      .nullish(),
  }),
});

const clientDataSchema = z.object({
  challenge: base64url.max(longest),
  crossOrigin: z.boolean().nullish(),
});

export type Assertion = z.infer<typeof assertionSchema> & { challenge: string };
export type Registration = z.infer<typeof registrationSchema> & { challenge: string };

/** Undefined where it is none. */
export function readAssertion(text: string): Assertion | undefined {
  return read(text, assertionSchema);
}

/** Undefined where it is none. */
export function readRegistration(text: string): Registration | undefined {
  return read(text, registrationSchema);
}

function read<T extends { response: { clientDataJSON: string } }>(
  text: string,
  schema: z.ZodType<T>,
): (T & { challenge: string }) | undefined {
  const value = schema.safeParse(parsed(text)).data;
  if (!value) return undefined;
  const clientData = Buffer.from(value.response.clientDataJSON, 'base64url').toString();
  const { data } = clientDataSchema.safeParse(parsed(clientData));
  // Our pages are in nobody's frame: whatever comes from one was not meant for us.
  if (!data || data.crossOrigin) return undefined;
  return { ...value, challenge: data.challenge };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
