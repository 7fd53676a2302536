/**
 * Somebody who holds tokens and asks about them: introspection and revocation, as any client.
 */
import { basic, postForm } from './flows.ts';

export type Caller = { clientId: string; secret?: string };
export type Answer = Awaited<ReturnType<typeof postForm>>;

function ask(
  url: string,
  { clientId, secret }: Caller,
  token: string | undefined,
  hint?: string,
): Promise<Answer> {
  return postForm(
    url,
    {
      ...(token !== undefined && { token }),
      ...(hint !== undefined && { token_type_hint: hint }),
      ...(secret === undefined && { client_id: clientId }),
    },
    secret === undefined ? {} : { authorization: basic(clientId, secret) },
  );
}

/** RFC 7662. */
export const introspect = (
  issuer: string,
  caller: Caller,
  token: string | undefined,
  hint?: string,
) => ask(`${issuer}/introspect`, caller, token, hint);

/** RFC 7009. */
export const revoke = (issuer: string, caller: Caller, token: string | undefined, hint?: string) =>
  ask(`${issuer}/revoke`, caller, token, hint);
