/**
 * The demonstration app as a client of Cardea: authorization code with PKCE, refresh and sign-out, by
 * openid-client. It knows nothing of pages and sessions.
 */
import * as oidc from 'openid-client';

/** What the app sent along with an authorization request, and expects to come back. */
export type SignInRequest = { verifier: string; state: string; nonce: string };

/** What the app knows of a person. */
export type SignedIn = {
  /** Of the ID token. */
  claims: Record<string, unknown>;
  idToken: string;
  accessToken: string;
  refreshToken: string | undefined;
  refreshes: number;
  /** What Cardea answered when the app revoked the access token. */
  revocation?: Revocation;
};

/** `effectiveWithin`: seconds after which the API refuses the token, too. */
export type Revocation = { at: number; effectiveWithin: number };

type TokenResponse = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;

const clientId = 'shop';
const scope = 'openid profile email offline_access orders:read';

export function createDemoClient({ issuer, origin }: { issuer: string; origin: string }) {
  let discovered: oidc.Configuration | undefined;

  /** Discovered at the first request: the app may start before Cardea does. */
  const configuration = async () => {
    discovered ??= await oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });
    return discovered;
  };

  return {
    newRequest: (): SignInRequest => ({
      verifier: oidc.randomPKCECodeVerifier(),
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
    }),

    /** Where the browser has to go. */
    async signInUrl({ verifier, state, nonce }: SignInRequest): Promise<string> {
      const url = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: `${origin}/callback`,
        scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        prompt: 'consent',
      });
      return url.href;
    },

    /** Throws for an answer that does not belong to the request. */
    async receive({ verifier, state, nonce }: SignInRequest, answer: URL): Promise<SignedIn> {
      const tokens = await oidc.authorizationCodeGrant(await configuration(), answer, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
      });
      return signedIn(tokens);
    },

    async refresh(person: SignedIn): Promise<SignedIn> {
      const tokens = await oidc.refreshTokenGrant(await configuration(), person.refreshToken ?? '');
      return signedIn(tokens, person);
    },

    /** RFC 7009; the answer's body is Cardea's own, hence not by the library, which takes only the status. */
    async revoke(person: SignedIn): Promise<Revocation> {
      const { revocation_endpoint: endpoint = '' } = (await configuration()).serverMetadata();
      const body = new URLSearchParams({ client_id: clientId, token: person.accessToken });
      const response = await fetch(endpoint, { method: 'POST', body });
      if (!response.ok) throw new Error(`The revocation was answered with ${response.status}.`);
      const { effective_within: effectiveWithin } = (await response.json()) as {
        effective_within: number;
      };
      return { at: Date.now(), effectiveWithin };
    },

    async signOutUrl(person: SignedIn | undefined): Promise<string> {
      const url = oidc.buildEndSessionUrl(await configuration(), {
        post_logout_redirect_uri: `${origin}/`,
        ...(person && { id_token_hint: person.idToken }),
      });
      return url.href;
    },
  };
}

/** A refresh response may come without an ID token or a new refresh token: then the old ones stay. */
function signedIn(tokens: TokenResponse, before?: SignedIn): SignedIn {
  return {
    claims: tokens.claims() ?? before?.claims ?? {},
    idToken: tokens.id_token ?? before?.idToken ?? '',
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? before?.refreshToken,
    refreshes: before ? before.refreshes + 1 : 0,
  };
}

/** A refusal is an answer; an OAuth error is told by its code, any other by its message. */
export function explain(error: unknown): { status: number; title: string; text: string } {
  if (error instanceof oidc.AuthorizationResponseError && error.error === 'access_denied') {
    return { status: 200, title: 'You did not sign in', text: 'Nothing was shared with this app.' };
  }
  const isOAuth =
    error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError;
  const text = isOAuth
    ? [error.error, error.error_description].filter(Boolean).join(': ')
    : String(error instanceof Error ? error.message : error);
  return { status: 400, title: 'That did not work', text };
}
