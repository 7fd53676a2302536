/**
 * What is special about the providers that have a preset. Each fact stands beside the document that it is from.
 */
export type PresetName = 'google' | 'microsoft' | 'apple' | 'github';

export type Claims = Readonly<Record<string, unknown>>;

export type ProviderPreset = {
  /** On its button. */
  name: string;
  /** GitHub speaks OAuth 2.0 and an API of its own. */
  protocol: 'openid_connect' | 'github';
  /** As its metadata names it. Those of the accounts may be others: `isIssuerOf`. */
  issuer: string;
  scope: string;
  /** Default: the query of the redirect URI. */
  responseMode?: 'form_post';
  /** `apple`: a signed statement (apple_client_secret.ts) in the place of a secret. */
  clientSecret: 'text' | 'apple';
  /** Whether `iss` of an ID token can be that of an account here. Default: it is the issuer. */
  isIssuerOf?: (issuer: string, claims: Claims) => boolean;
  /**
   * Claims that come with the response in the browser, and that nobody has signed: no more is believed of them than of
   * what people type themselves.
   */
  claimsBeside?: (parameters: URLSearchParams) => Claims;
  /** Whether the provider answers for the address. Default: `email_verified` is true. */
  vouchesForEmail?: (claims: Claims) => boolean;
};

/** Entra ID gives the issuer of its metadata for several tenants with a gap for the tenant of each account. */
const microsoftIssuer = 'https://login.microsoftonline.com/{tenantid}/v2.0';
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const presets: Readonly<Record<PresetName, ProviderPreset>> = {
  /** https://developers.google.com/identity/openid-connect/reference */
  google: {
    ...{ name: 'Google', protocol: 'openid_connect', clientSecret: 'text' },
    issuer: 'https://accounts.google.com',
    scope: 'openid email profile',
    // https://developers.google.com/identity/gsi/web/guides/verify-google-id-token: an address of another host was
    // verified once, and Google is not authoritative for it: it may belong to somebody else today.
    vouchesForEmail: ({ email, email_verified: isVerified, hd }) =>
      isVerified === true &&
      ((typeof email === 'string' && email.toLowerCase().endsWith('@gmail.com')) ||
        (typeof hd === 'string' && hd !== '')),
  },
  /** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
  microsoft: {
    ...{ name: 'Microsoft', protocol: 'openid_connect', clientSecret: 'text' },
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    scope: 'openid email profile',
    // https://learn.microsoft.com/entra/identity-platform/access-tokens#multitenant-applications
    isIssuerOf: (issuer, { tid }) =>
      typeof tid === 'string' &&
      guid.test(tid) &&
      issuer === microsoftIssuer.replace('{tenantid}', () => tid),
    // https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization: any tenant can write any
    // address into `email`. `xms_edov` is an optional claim, and comes as a boolean, a number or a text.
    vouchesForEmail: ({ xms_edov: isVerified }) =>
      isVerified === true || isVerified === 1 || isVerified === '1' || isVerified === 'true',
  },
  /** https://developer.apple.com/documentation/signinwithapplerestapi */
  apple: {
    ...{ name: 'Apple', protocol: 'openid_connect', clientSecret: 'apple' },
    issuer: 'https://appleid.apple.com',
    scope: 'openid email name',
    // “Request an authorization to the Sign in with Apple server”: with `name` or `email` it must be form_post.
    responseMode: 'form_post',
    claimsBeside: appleName,
    // “Authenticating users with Sign in with Apple”: a boolean or a text.
    vouchesForEmail: ({ email_verified: isVerified }) =>
      isVerified === true || isVerified === 'true',
  },
  /** https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
  github: {
    ...{ name: 'GitHub', protocol: 'github', clientSecret: 'text' },
    issuer: 'https://github.com',
    // https://docs.github.com/rest/users/emails: `user:email` is for the addresses that a person keeps private.
    scope: 'read:user user:email',
  },
};

const longestAppleUser = 1000;

/**
 * “Request an authorization to the Sign in with Apple server”: the first time only, `user` is JSON with the name. Its
 * address is not signed, and not taken.
 */
function appleName(parameters: URLSearchParams): Claims {
  const user = parameters.get('user') ?? '';
  if (user.length > longestAppleUser) return {};
  const { firstName, lastName } = appleNameIn(user);
  const name = [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
  return {
    ...(typeof firstName === 'string' && { given_name: firstName }),
    ...(typeof lastName === 'string' && { family_name: lastName }),
    ...(name !== '' && { name }),
  };
}

function appleNameIn(user: string): { firstName?: unknown; lastName?: unknown } {
  try {
    const { name } = JSON.parse(user) ?? {};
    return typeof name === 'object' && name !== null ? name : {};
  } catch {
    return {};
  }
}
