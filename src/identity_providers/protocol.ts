/**
 * What a provider is asked, and what it answers, whichever protocol it speaks.
 */

/** What is asked of it. */
type AuthorizationWish = {
  redirectUri: string;
  state: string;
  nonce: string;
  /** RFC 7636 section 4.1. */
  verifier: string;
  /** What the person typed. */
  loginHint?: string | undefined;
  /** Seconds: it has to have asked the person within them; 0: it has to ask now. */
  maxAge?: number | undefined;
  /** It has to let the person choose an account (OpenID Connect Core section 3.1.2.1), where it can. */
  isChoice?: boolean | undefined;
  uiLocales?: string | undefined;
};

/** Who a provider says it is, and how it knows. Verified: it is this provider that says so, to this browser, now. */
export type VerifiedIdentity = {
  issuer: string;
  subject: string;
  /** All that it says of the person. */
  claims: Readonly<Record<string, unknown>>;
  /** What its signed statement says of the sign-in; undefined where it signs none. */
  signIn: { acr?: unknown; amr?: unknown; authTime?: number | undefined };
};

export type ProviderProtocol = {
  /** Where the browser goes. Throws ProviderFault `unavailable`. */
  authorizationUrl(wish: AuthorizationWish): Promise<URL>;
  /** Who it is, by what the browser has brought back. `callback`: our address, with its query. Throws ProviderFault. */
  exchange(
    callback: URL,
    expected: Pick<AuthorizationWish, 'state' | 'nonce' | 'verifier'>,
  ): Promise<VerifiedIdentity>;
};

/**
 * `declined`: the person went no further there. `unavailable`: it did not answer, or too late or too much. `failed`: what
 * it answered proves nobody. `not_fresh`: it does not say that it asked the person anew.
 */
export type ProviderProblem = 'declined' | 'unavailable' | 'failed' | 'not_fresh';

/** Nobody has signed in. `message` is for the operator. */
export class ProviderFault extends Error {
  readonly problem: ProviderProblem;

  constructor(problem: ProviderProblem, message: string, cause?: unknown) {
    super(message.slice(0, 500), { cause });
    this.name = 'ProviderFault';
    this.problem = problem;
  }
}
