/**
 * When a person must be asked. The library's own policy, but for this: a requirement that no sign-in here can
 * meet ends in an error instead of a loop (OpenID Connect Core 5.5.1.1), a stronger sign-in than required meets it, too, a
 * session that is weaker than client, APIs or roles require is asked for more, a session whose user was disabled or
 * deleted signs nobody in, consent holds only for what was shown (shown_consent.ts), and a native app is asked
 * about each time only where another app can pose as it. Two prompts are added: the choice of an account, and `create`,
 * which leads to the sign-in page.
 */
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import { type Authenticators, type Requirements, targetLevel } from '../../authentication/room.ts';
import { acrValues, isStrongEnough, levelOf } from '../../definitions/authentication.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { errors, interactionPolicy } from '../engine/library.ts';
import { askedAuthentication } from '../grants/asked_authentication.ts';
import { requestedScopes } from '../grants/requested_scopes.ts';
import { shownFor, wasShown } from '../grants/shown_consent.ts';

/** Why a person who is signed in is asked for more. */
export const tooWeak = 'sign_in_too_weak';

type AcrRequest = { essential?: boolean; value?: unknown; values?: unknown };

export function createInteractionPolicy({
  apis,
  scopes,
  requirements,
  authenticators,
}: {
  apis: Pick<ApiRegistry, 'find'>;
  scopes: Pick<PersonScopes, 'scopeOf' | 'textOf' | 'claims'>;
  requirements: Requirements;
  authenticators: Pick<Authenticators, 'find'>;
}) {
  const policy = interactionPolicy.base();
  // Ahead of the sign-in, which would answer them unasked where nobody is signed in.
  for (const name of ['create', 'select_account']) {
    policy.add(new interactionPolicy.Prompt({ name, requestable: true }), 0);
  }
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
  for (const check of ['essential_acr', 'essential_acrs']) signIn?.checks.remove(check);
  signIn?.checks.add(
    new interactionPolicy.Check(
      tooWeak,
      'the sign-in is not as strong as it must be',
      'login_required',
      async ({ oidc }: KoaContextWithOIDC) => {
        const { client, params = {}, session, account, result, acr } = oidc;
        if (!client || !account || session?.accountId === undefined) return false;
        const asked = askedAuthentication(client, params, { apis });
        const requirement = requirements.of(asked, account.roles as string[]);
        const level = levelOf(acr) ?? 'password';
        if (!isStrongEnough(level, requirement.required)) return true;
        // What is only wanted is asked for once.
        if (requirement.wanted.length === 0 || result?.login) return false;
        const owned = await authenticators.find(session.accountId);
        return !isStrongEnough(level, targetLevel(owned, requirement));
      },
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
  signIn?.checks.add(
    new interactionPolicy.Check(
      'redirect_uri_gone',
      'the client has lost its redirect URI while the person signed in',
      'invalid_request',
      ({ oidc }: KoaContextWithOIDC) => {
        const redirectUri = oidc.params?.redirect_uri;
        if (typeof redirectUri === 'string' && !oidc.client?.redirectUriAllowed(redirectUri)) {
          throw new errors.InvalidRedirectUri();
        }
        return interactionPolicy.Check.NO_NEED_TO_PROMPT;
      },
    ),
    0,
  );
  const consent = policy.get('consent');
  consent?.checks.remove('native_client_prompt');
  consent?.checks.add(
    new interactionPolicy.Check(
      'app_unproven',
      'another app could pose as this one, so the person is asked each time',
      'interaction_required',
      ({ oidc }: KoaContextWithOIDC) =>
        oidc.client !== undefined &&
        canBeImpersonated(oidc.client, oidc.params?.redirect_uri) &&
        !oidc.result?.consent,
    ),
  );
  consent?.checks.add(
    new interactionPolicy.Check(
      'not_shown',
      'the person has not agreed to the client, host and scopes as they are now',
      'consent_required',
      ({ oidc }: KoaContextWithOIDC) => {
        const { client, params = {} } = oidc;
        const grant = oidc.entities.Grant;
        if (!client || !grant || client.consent === 'skip') return false;
        const asked = requestedScopes(client, params, { apis, scopes });
        return !wasShown(grant, shownFor(client, asked, params.redirect_uri));
      },
    ),
  );
  return policy;
}

/**
 * RFC 8252 section 8.6: any app on a phone may claim a private-use scheme, and then stands where the real one
 * does. An https address is proven by its owner. On a loopback address whoever could listen runs as the person.
 */
function canBeImpersonated({ applicationType }: Client, redirectUri: unknown): boolean {
  return (
    applicationType === 'native' &&
    redirectUri !== undefined &&
    !/^https?:/i.test(String(redirectUri))
  );
}

function requiredAcr(ctx: KoaContextWithOIDC): string[] {
  const request = ctx.oidc.claims?.id_token?.acr as AcrRequest | null | undefined;
  if (!request?.essential) return [];
  if (request.values !== undefined && !Array.isArray(request.values)) {
    throw new errors.InvalidRequest('invalid claims.id_token.acr.values type');
  }
  return [request.value, request.values].flat().filter((acr) => typeof acr === 'string');
}
