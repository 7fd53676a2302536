/**
 * What a gateway asks about each request, as its operator configured it: for which API, and what a credential
 * must allow there. Callers have no influence on it. Anything but exactly these settings is rejected, so that a
 * caller's URL that a gateway mixes in cannot loosen them.
 */
import { z } from 'zod';
import type { Api, ApiRegistry } from '../apis/room.ts';
import { type KeyEnvironment, keyEnvironments } from '../definitions/api_keys.ts';
import { authenticationLevels } from '../definitions/authentication.ts';
import { invalidField, parseFields } from '../input_check.ts';
import { scopeWords } from '../tokens/room.ts';
import type { SignInRequirement } from './sign_in_requirement.ts';

export type ForwardAuthSettings = {
  api: Api;
  /** All of these are required. */
  scopes: readonly string[];
  /** How strong and how recent the sign-in behind the credential must be. */
  signIn: SignInRequirement;
  /** Undefined: either. */
  environment: KeyEnvironment | undefined;
  /** Whether the API receives a token: the caller's own, or a JWT made from its API key. */
  handsOverToken: boolean;
  /** Whether every refusal has status 401 or 403: nginx treats any other status as a failure. */
  refusesWith403: boolean;
};

const settingsSchema = z.strictObject({
  api: z.string(),
  scope: z.string().optional(),
  environment: z.enum(keyEnvironments).optional(),
  acr: z.enum(authenticationLevels).optional(),
  max_age: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number of seconds')
    .transform(Number)
    .optional(),
  token: z.enum(['jwt']).optional(),
  refuse_with: z.enum(['403']).optional(),
});

/** Takes the settings formatted as a query string. Throws InvalidFieldsError. */
export function parseSettings(
  text: string,
  { apis }: { apis: Pick<ApiRegistry, 'find' | 'canonical'> },
): ForwardAuthSettings {
  const given = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    given.set(name, given.has(name) ? [given.get(name) ?? [], value].flat() : value);
  }
  const {
    api: identifier,
    scope,
    ...rest
  } = parseFields(settingsSchema, Object.fromEntries(given));
  const api = apis.find(apis.canonical(identifier));
  if (!api) throw invalidField(['api'], 'is not the identifier of a configured API');
  const scopes = scopeWords(scope);
  if (!scopes.every((name) => name in api.scopes)) {
    throw invalidField(['scope'], 'contains a scope that this API does not define');
  }
  return {
    api,
    scopes,
    signIn: { level: rest.acr, maxAge: rest.max_age },
    environment: rest.environment,
    handsOverToken: rest.token === 'jwt',
    refusesWith403: rest.refuse_with === '403',
  };
}
