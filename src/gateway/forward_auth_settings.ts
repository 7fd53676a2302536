/**
 * What a gateway asks about each request, as its operator has written it into the gateway's configuration: for
 * which API, and what a credential must be good for there. A caller never has a say in it. Whatever is not
 * exactly such settings is refused, so that a caller's URL that a gateway mixes in does not loosen them.
 */
import { z } from 'zod';
import type { Api, ApiRegistry } from '../apis/room.ts';
import { type KeyEnvironment, keyEnvironments } from '../definitions/api_keys.ts';
import { invalidField, parseFields } from '../input_check.ts';
import { scopeWords } from '../tokens/room.ts';

export type ForwardAuthSettings = {
  api: Api;
  /** All of these are needed. */
  scopes: readonly string[];
  /** Undefined: either. */
  environment: KeyEnvironment | undefined;
  /** Whether the API gets a token, in place of an API key a JWT made from it. */
  handsOverToken: boolean;
  /** Whether refusals are 401 or 403 whatever they are: nginx takes any other status for a failure. */
  refusesWith403: boolean;
};

const settingsSchema = z.strictObject({
  api: z.string(),
  scope: z.string().optional(),
  environment: z.enum(keyEnvironments).optional(),
  token: z.enum(['jwt']).optional(),
  refuse_with: z.enum(['403']).optional(),
});

/** Takes them in the form of a query. Throws InvalidFieldsError. */
export function parseSettings(
  text: string,
  { apis }: { apis: Pick<ApiRegistry, 'find'> },
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
  const api = apis.find(identifier);
  if (!api) throw invalidField(['api'], 'is not the identifier of an API of this server');
  const scopes = scopeWords(scope);
  if (!scopes.every((name) => name in api.scopes)) {
    throw invalidField(['scope'], 'has one that this API does not define');
  }
  return {
    api,
    scopes,
    environment: rest.environment,
    handsOverToken: rest.token === 'jwt',
    refusesWith403: rest.refuse_with === '403',
  };
}
