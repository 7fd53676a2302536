/**
 * When a person must be asked. The library's own policy, plus: a requirement that no sign-in here can meet
 * ends in an error instead of a loop (OpenID Connect Core 5.5.1.1), and a session whose user was disabled or
 * deleted signs nobody in.
 */
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { acrValues } from './authentication_context.ts';

type AcrRequest = { essential?: boolean; value?: unknown; values?: unknown };

export function createInteractionPolicy() {
  const policy = interactionPolicy.base();
  const signIn = policy.get('login');
  signIn?.checks.add(
    new interactionPolicy.Check(
      'user_gone',
      'the user of this session cannot sign in any more',
      'login_required',
      ({ oidc }: KoaContextWithOIDC) =>
        oidc.session?.accountId !== undefined && oidc.account === undefined,
    ),
  );
  signIn?.checks.add(
    new interactionPolicy.Check(
      'unmet_acr',
      'the requested authentication context cannot be reached here',
      'unmet_authentication_requirements',
      (ctx: KoaContextWithOIDC) => {
        const asked = requiredAcr(ctx);
        if (asked.length > 0 && !asked.some((acr) => acrValues.includes(acr))) {
          throw new errors.UnmetAuthenticationRequirements(
            'none of the required acr values can be reached',
          );
        }
        return interactionPolicy.Check.NO_NEED_TO_PROMPT;
      },
    ),
    0,
  );
  return policy;
}

function requiredAcr(ctx: KoaContextWithOIDC): string[] {
  const request = ctx.oidc.claims?.id_token?.acr as AcrRequest | null | undefined;
  if (!request?.essential) return [];
  return [request.value, request.values].flat().filter((acr) => typeof acr === 'string');
}
