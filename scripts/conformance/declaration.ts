/** The declarative file for the conformance suite, as an object. */
import { type Setup, suiteUrl } from './setup.ts';

const openIdScope = 'openid profile email address phone offline_access';
export const accountsScope = 'accounts:read';
/** The client that is the protected resource: it introspects the tokens that it gets. */
export const accountsClientId = 'accounts-api';

/** Every standard claim: the suite looks for each that a scope releases (OpenID Connect Core 5.1). */
const claims = {
  name: 'Alice Adams',
  given_name: 'Alice',
  family_name: 'Adams',
  middle_name: 'Anne',
  nickname: 'Al',
  profile: 'https://example.com/alice',
  picture: 'https://example.com/alice.png',
  website: 'https://alice.example.com',
  gender: 'female',
  birthdate: '1990-05-17',
  zoneinfo: 'Europe/Dublin',
  locale: 'en-IE',
  phone_number: '+353861234567',
  phone_number_verified: true,
  address: {
    formatted: '1 Main Street\nDublin\nD01 X2Y3\nIreland',
    street_address: '1 Main Street',
    locality: 'Dublin',
    region: 'Leinster',
    postal_code: 'D01 X2Y3',
    country: 'IE',
  },
};

/** Everything that the plans need; `docs/integrations/conformance.md` says which client is for which. */
export function createDeclaration(setup: Setup) {
  const callback = suiteUrl(setup, 'callback');
  const openIdClient = (client_id: string, method: string) => ({
    client_id,
    client_name: `Conformance (${client_id})`,
    client_secret: setup.secret,
    token_endpoint_auth_method: method,
    redirect_uris: [callback],
    post_logout_redirect_uris: [suiteUrl(setup, 'post_logout_redirect')],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: openIdScope,
    // The suite's OpenID Connect plans know no PKCE but in one module.
    require_pkce: false,
  });
  const fapiClient = (client_id: string, key: Setup['fapiKeys'][number]) => ({
    client_id,
    client_name: `Conformance (${client_id})`,
    profile: 'fapi2',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.publicJwk] },
    // The suite's second client has a query in its redirect URI.
    redirect_uris: [callback, `${callback}?dummy1=lorem&dummy2=ipsum`],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: `${openIdScope} ${accountsScope}`,
    apis: [setup.api],
  });
  const local = ['127.0.0.0/8', '::1/128'];
  return {
    // Who rotates the keys for the suite sees it in the JWK Set seconds later, not after a day.
    signing_keys: { publish_ahead: '10s' },
    apis: [
      {
        identifier: setup.api,
        name: 'Accounts',
        scopes: { [accountsScope]: 'See your accounts' },
        client_id: accountsClientId,
      },
    ],
    clients: [
      openIdClient('one', 'client_secret_basic'),
      openIdClient('two', 'client_secret_basic'),
      openIdClient('post', 'client_secret_post'),
      {
        ...openIdClient('backchannel', 'client_secret_basic'),
        backchannel_logout_uri: suiteUrl(setup, 'backchannel_logout'),
        backchannel_logout_session_required: true,
      },
      fapiClient('fapi-one', setup.fapiKeys[0]),
      fapiClient('fapi-two', setup.fapiKeys[1]),
      { client_id: accountsClientId, client_secret: setup.secret, grant_types: [] },
    ],
    users: [{ ...setup.person, email: 'alice@example.com', email_verified: true, claims }],
    dynamic_registration: {
      enabled: true,
      scope: openIdScope,
      require_pkce: false,
      // The suite asks this of discovery (OpenID Connect Core 15.2).
      implicit: true,
      // A plan registers clients for each of its modules, one after the other.
      registrations_per_token: '1000/1h',
    },
    // The suite runs on this machine: jwks_uri, sector_identifier_uri and back-channel logout lead to it.
    outbound: { allow: local, allow_registered: local, ca: setup.ca },
  };
}
