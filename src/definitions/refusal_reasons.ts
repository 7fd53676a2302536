/**
 * Why requests are refused, each with a name that stays. The first row whose pattern is found in what is known of a
 * refusal is its reason (refusals/reason_of.ts); docs/troubleshooting.md is made from these rows. `means` and `advice` are
 * for the developer of the app and the operator of the server.
 */

export type RefusalReason = {
  name: string;
  /** The OAuth error codes that it can come with. */
  errors: readonly string[];
  /** Found in what the log has of the refusal: description, reason, fault of the client or of what was presented. */
  when: RegExp;
  means: string;
  advice: string;
};

const always = /^/;

export const refusalReasons: readonly RefusalReason[] = [
  // The client
  {
    name: 'client_disabled',
    errors: ['invalid_client'],
    when: /the client (is|was) disabled/,
    means: 'The client is disabled.',
    advice: 'An operator can enable it: `cardea clients enable`.',
  },
  {
    name: 'client_document_unusable',
    errors: ['invalid_client'],
    when: /the metadata document of this client_id cannot be used/,
    means:
      'The `client_id` is the address of a metadata document that could not be fetched or says something wrong.',
    advice:
      'The refusal says what. Open the address: https, a public host, no redirect, `application/json`, and its `client_id` is its own address.',
  },
  {
    name: 'client_document_not_taken',
    errors: ['invalid_client'],
    when: /metadata documents of this host are not taken/,
    means:
      'The `client_id` is the address of a metadata document, and the operator does not take those of its host.',
    advice:
      'An operator can allow it: `client_id_metadata` in the declarative file (`enabled`, `domains`).',
  },
  {
    name: 'client_unknown',
    errors: ['invalid_client'],
    when: /there is no client of this id|client not found/,
    means: 'No client has this `client_id`.',
    advice:
      'Compare it with `cardea clients list`. The case of letters counts. The address of a metadata document begins with https.',
  },
  {
    name: 'client_authentication_missing',
    errors: ['invalid_client', 'invalid_request'],
    when: /no client authentication mechanism provided|certificate was not provided/,
    means: 'The request names no client, or a confidential client did not authenticate.',
    advice: 'Send the secret with HTTP Basic, or what the client is registered for.',
  },
  {
    name: 'client_authentication_method_differs',
    errors: ['invalid_client', 'invalid_request'],
    when: /does not match the registered client authentication method|must be provided in the Authorization header/,
    means: 'The client authenticated in another way than it is registered for.',
    advice: 'Use its `token_endpoint_auth_method`, or change that.',
  },
  {
    name: 'client_authentication_repeated',
    errors: ['invalid_request'],
    when: /authentication must only be provided using one mechanism/,
    means: 'The request authenticates the client in two ways at once.',
    advice: 'Send the secret in the header or in the form, not in both.',
  },
  {
    name: 'client_secret_wrong',
    errors: ['invalid_client'],
    when: /invalid secret provided|client_secret expired/,
    means: 'The secret is not one of the client’s, or it has expired.',
    advice:
      'Look for blanks and line ends around it. `cardea clients rotate-secret` makes a new one.',
  },
  {
    name: 'client_assertion_invalid',
    errors: ['invalid_client', 'invalid_request'],
    when: /assertion|\(aud\)|\baud\b|\(JWT (issuer|subject|ID|audience)\)|alg mismatch|jti|key set|JWKS|signature/,
    means: 'The signed assertion of the client does not hold.',
    advice:
      'Its `iss` and `sub` are the client id, its `aud` the issuer, its `jti` new, its key one of the client’s.',
  },
  // The grant type
  {
    name: 'grant_type_unsupported',
    errors: ['unsupported_grant_type'],
    when: always,
    means: 'Cardea does not know this grant type.',
    advice: 'The discovery document lists them as `grant_types_supported`.',
  },
  {
    name: 'grant_type_not_registered',
    errors: ['unauthorized_client'],
    when: always,
    means: 'The client is not registered for this grant type.',
    advice: 'Add it to the client’s `grant_types`.',
  },
  // Codes
  {
    name: 'code_verifier_missing',
    errors: ['invalid_grant'],
    when: /code_verifier must be provided/,
    means:
      'The authorization request had a `code_challenge`, the token request has no `code_verifier`.',
    advice: 'Send the verifier that the challenge was made of.',
  },
  {
    name: 'code_verifier_wrong',
    errors: ['invalid_grant'],
    when: /code_verifier does not match/,
    means: 'The `code_verifier` does not match the `code_challenge` of the authorization request.',
    advice:
      'Keep the verifier of each sign-in apart, for example when several tabs sign in; check that the challenge is its SHA-256, base64url without padding.',
  },
  {
    name: 'redirect_uri_differs',
    errors: ['invalid_grant'],
    when: /redirect_uri mismatch/,
    means: 'The `redirect_uri` is not the one of the authorization request.',
    advice: 'Send the same in both, to the letter.',
  },
  {
    name: 'code_spent',
    errors: ['invalid_grant'],
    when: /AuthorizationCode.*spent at|AuthorizationCode was already used|authorization code already consumed/,
    means: 'The code was redeemed before. All tokens that came of it have been revoked.',
    advice: 'Redeem each code once. A reload of the callback page is the usual cause.',
  },
  {
    name: 'code_expired',
    errors: ['invalid_grant'],
    when: /authorization code is expired|AuthorizationCode.*it expired at/,
    means: 'The code is older than its 60 seconds.',
    advice: 'Redeem it at once, and check the clocks of proxies and queues in between.',
  },
  {
    name: 'code_unknown',
    errors: ['invalid_grant'],
    when: /authorization code not found|AuthorizationCode.*(not on record|is unknown)/,
    means: 'There is no such code: it was never issued here, or is long gone.',
    advice: 'Check that the app talks to the issuer that issued it, and decodes the query once.',
  },
  {
    name: 'refresh_token_reused',
    errors: ['invalid_grant'],
    when: /RefreshToken.*spent at|RefreshToken was already used|refresh token already used/,
    means:
      'The refresh token was replaced by a newer one, and its grace is over. The whole family has been revoked.',
    advice:
      'Keep the newest token, in one place. Processes that share a token need `refresh_token_grace`.',
  },
  {
    name: 'refresh_token_expired',
    errors: ['invalid_grant'],
    when: /refresh token is expired|RefreshToken.*it expired at/,
    means: 'The refresh token has not been used for too long, or its time is over.',
    advice: 'The person has to sign in again.',
  },
  {
    name: 'refresh_token_unknown',
    errors: ['invalid_grant'],
    when: /refresh token not found|RefreshToken.*(not on record|is unknown)/,
    means:
      'There is no such refresh token: it was never issued here, was revoked, or is long gone.',
    advice: 'The person has to sign in again.',
  },
  {
    name: 'device_code_expired',
    errors: ['expired_token'],
    when: always,
    means: 'The device code has expired before the person confirmed it.',
    advice: 'Begin again with a new device code.',
  },
  {
    name: 'device_code_spent',
    errors: ['invalid_grant'],
    when: /DeviceCode.*spent at|DeviceCode was already used|device code already consumed/,
    means: 'The device code was redeemed before.',
    advice: 'Stop polling after the first success.',
  },
  {
    name: 'device_code_unknown',
    errors: ['invalid_grant'],
    when: /device code not found|DeviceCode/,
    means: 'There is no such device code.',
    advice: 'Send the `device_code`, not the `user_code`.',
  },
  {
    name: 'issued_to_another_client',
    errors: ['invalid_grant', 'invalid_token'],
    when: /client(Id)? mismatch/i,
    means: 'What was presented was issued to another client.',
    advice: 'Redeem it with the client that began the sign-in.',
  },
  {
    name: 'grant_ended',
    errors: ['invalid_grant', 'invalid_token'],
    when: /grant (not found|is expired|was revoked)|its grant has ended|it was revoked/,
    means: 'The consent behind it, or something else that it depends on, was revoked.',
    advice: 'The person has to sign in again.',
  },
  {
    name: 'user_gone',
    errors: ['invalid_grant', 'invalid_token'],
    when: /account not found|accountId mismatch/,
    means: 'The user was deleted or disabled.',
    advice: '`cardea users show` tells.',
  },
  // Proof of possession
  {
    name: 'dpop_proof_missing',
    errors: ['invalid_grant', 'invalid_request', 'invalid_token', 'invalid_dpop_proof'],
    when: /DPoP proof JWT not provided|missing DPoP proof|`DPoP` header not provided/,
    means: 'The client or the token is bound to a key, and the request carries no DPoP proof.',
    advice: 'Send the header `DPoP` with a proof of that key.',
  },
  {
    name: 'dpop_key_differs',
    errors: ['invalid_grant', 'invalid_request', 'invalid_token'],
    when: /jkt|thumbprint/,
    means:
      'The DPoP proof is signed by another key than the one that the token or code is bound to.',
    advice: 'Use one key from the authorization request to the API.',
  },
  {
    name: 'dpop_nonce_needed',
    errors: ['use_dpop_nonce'],
    when: always,
    means: 'The DPoP proof needs the nonce that the response carries.',
    advice: 'Repeat the request with the nonce of the header `DPoP-Nonce`.',
  },
  {
    name: 'dpop_proof_invalid',
    errors: ['invalid_dpop_proof'],
    when: always,
    means: 'The DPoP proof does not hold for this request.',
    advice:
      'Its `htm` and `htu` are method and URL of the request, its `iat` is now, its `jti` is new.',
  },
  // The authorization request, and sign-out
  {
    name: 'post_logout_redirect_uri_not_registered',
    errors: ['invalid_request'],
    when: /post_logout_redirect_uri not registered/,
    means:
      'The `post_logout_redirect_uri` is none of the client’s. They are compared to the letter.',
    advice: 'Register it under `post_logout_redirect_uris`, or send one that is.',
  },
  {
    name: 'redirect_uri_not_registered',
    errors: ['invalid_redirect_uri', 'invalid_request'],
    when: /nearest_redirect_uri: |redirect_uri did not match/,
    means: 'The `redirect_uri` is none of the client’s. They are compared to the letter.',
    advice:
      'Register it (a client by document names it there), or send the one that is nearest: scheme, host, port, path and the last slash count.',
  },
  {
    name: 'pkce_missing',
    errors: ['invalid_request'],
    when: /requires PKCE/,
    means: 'The request has no `code_challenge`.',
    advice:
      'Turn PKCE on in the library of the app. For a confidential client that cannot do it: `require_pkce: false`.',
  },
  {
    name: 'pkce_method_unsupported',
    errors: ['invalid_request'],
    when: /code_challenge_method/,
    means: 'The `code_challenge_method` is missing, or not `S256`.',
    advice: 'Send `code_challenge_method=S256`.',
  },
  {
    name: 'pkce_value_malformed',
    errors: ['invalid_request'],
    when: /code_(challenge|verifier) (must be|contains)/,
    means:
      'The `code_challenge` or `code_verifier` is too short, too long, or has other characters.',
    advice: 'RFC 7636 section 4.1: 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`.',
  },
  {
    name: 'response_type_not_allowed',
    errors: ['unsupported_response_type', 'unsupported_response_mode', 'invalid_request'],
    when: /response_type|response_mode|^$/,
    means: 'The client may not use this `response_type` or `response_mode`.',
    advice: 'Use `response_type=code`.',
  },
  {
    name: 'scope_missing',
    errors: ['invalid_scope'],
    when: /scope is missing/,
    means: 'The request names no scope, and the client has no default.',
    advice: 'Send `scope`, or give the client a `default_scope`.',
  },
  {
    name: 'scope_malformed',
    errors: ['invalid_scope', 'invalid_request'],
    when: /scope contains invalid characters/,
    means: 'The `scope` has characters that no scope has.',
    advice: 'Separate scopes with blanks, without quotes and commas.',
  },
  {
    name: 'scope_openid_missing',
    errors: ['invalid_request'],
    when: /openid scope must be requested/,
    means: 'The request uses OpenID Connect without the scope `openid`.',
    advice: 'Add `openid` to the `scope`.',
  },
  {
    name: 'scope_not_registered',
    errors: ['invalid_scope', 'insufficient_scope'],
    when: always,
    means: 'The client is not registered for the scope, or the token does not have it.',
    advice: 'Add it to the client’s `scope`, and the API that defines it to its `apis`.',
  },
  {
    name: 'resource_not_registered',
    errors: ['invalid_target'],
    when: always,
    means: 'The `resource` is no API that the client may ask for, or it is none or several.',
    advice:
      'Name one API by its identifier, to the letter, and list it under the client’s `apis` (of clients that nobody declares: those of `client_id_metadata` or `dynamic_registration`).',
  },
  {
    name: 'request_object_invalid',
    errors: ['invalid_request_object', 'request_not_supported', 'request_uri_not_supported'],
    when: always,
    means: 'The signed request does not hold.',
    advice: 'Its key is one of the client’s, its `aud` the issuer, and it has not expired.',
  },
  {
    name: 'request_uri_spent',
    errors: ['invalid_request_uri'],
    when: always,
    means: 'The pushed request has expired or was used before.',
    advice: 'Push a new request for each sign-in, and use it within a minute.',
  },
  {
    name: 'pushed_request_required',
    errors: ['invalid_request'],
    when: /Pushed Authorization Request must be used|Request Object must be used/,
    means: 'The client must push or sign its requests.',
    advice: 'Use `/par`, or a request object.',
  },
  // The person
  {
    name: 'interaction_needed',
    errors: [
      'login_required',
      'consent_required',
      'interaction_required',
      'account_selection_required',
    ],
    when: always,
    means: 'The request says `prompt=none`, but the person has to sign in or consent.',
    advice: 'Send the person through a request without `prompt=none`.',
  },
  {
    name: 'authentication_context_unmet',
    errors: ['unmet_authentication_requirements'],
    when: always,
    means: 'The `acr` that the request demands cannot be reached here.',
    advice: 'The discovery document lists them as `acr_values_supported`.',
  },
  {
    name: 'sign_in_expired',
    errors: ['access_denied'],
    when: /the sign-in has expired/,
    means:
      'The person came back to a page that had expired, and its request could not be made again: it was pushed, signed, or very long.',
    advice: 'Begin again with a new request.',
  },
  {
    name: 'declined',
    errors: ['access_denied'],
    when: always,
    means: 'The person declined.',
    advice: 'Offer to try again.',
  },
  {
    name: 'password_wrong',
    errors: ['invalid_credentials'],
    when: /password is wrong/,
    means: 'The password was wrong.',
    advice: '`cardea users set-password` sets another.',
  },
  {
    name: 'user_unknown',
    errors: ['invalid_credentials'],
    when: /no such user/,
    means: 'Nobody has this username or email address.',
    advice: '`cardea users list` shows all.',
  },
  {
    name: 'sign_in_refused',
    errors: ['invalid_credentials'],
    when: always,
    means: 'The sign-in failed for another reason: a disabled user, or none with a password.',
    advice: '`cardea users show` tells.',
  },
  {
    name: 'page_expired',
    errors: ['interaction_expired', 'forged_request'],
    when: always,
    means: 'The page was open for too long, was used already, or was opened in another browser.',
    advice:
      'Its link leads on. A client with an `initiate_login_uri` decides itself how a sign-in begins again.',
  },
  // Tokens
  {
    name: 'token_missing',
    errors: ['invalid_token'],
    when: /no access token provided/,
    means: 'The request carries no access token.',
    advice: 'Send `Authorization: Bearer` with the token.',
  },
  {
    name: 'token_for_another_audience',
    errors: ['invalid_token'],
    when: /audience/,
    means: 'The access token is for another API.',
    advice: 'Ask for a token with the scope `openid`, or with the right `resource`.',
  },
  {
    name: 'token_expired',
    errors: ['invalid_token'],
    when: /it expired at|is expired/,
    means: 'The access token has expired.',
    advice: 'Use the refresh token.',
  },
  {
    name: 'token_invalid',
    errors: ['invalid_token'],
    when: always,
    means: 'The token is none of this issuer, or it was revoked.',
    advice: '`cardea inspect` says which.',
  },
  // Sign-in at another provider
  {
    name: 'provider_declined',
    errors: ['provider_declined'],
    when: always,
    means: 'The person went no further at the identity provider.',
    advice: 'Nothing is wrong. Where it happens to everybody, look at what the provider asks them.',
  },
  {
    name: 'provider_unavailable',
    errors: ['provider_unavailable'],
    when: always,
    means: 'The identity provider did not answer, too late, or with too much.',
    advice:
      'The refusal says what. Open its discovery document from this machine; a private network has to be in `outbound.allow`.',
  },
  {
    name: 'provider_failed',
    errors: ['provider_failed'],
    when: always,
    means: 'What the identity provider answered proves nobody.',
    advice:
      'The refusal says why: a wrong secret, another issuer, a token that is forged or has expired. *Test this connection* in the console shows more.',
  },
  {
    name: 'provider_not_fresh',
    errors: ['provider_not_fresh'],
    when: always,
    means: 'The app wants a fresh sign-in, and the identity provider does not say that it was one.',
    advice:
      'It has to honour `prompt=login` and `max_age`, and state `auth_time`. Others cannot be used for such apps.',
  },
  {
    name: 'provider_no_account',
    errors: ['provider_no_account'],
    when: always,
    means: 'The person has no account here, and the identity provider makes none.',
    advice:
      'Make an account for them with their verified address, or set `new_people` of the provider to `ask` or `create`.',
  },
  {
    name: 'provider_disabled',
    errors: ['provider_disabled'],
    when: always,
    means: 'The account that the identity at the provider belongs to is disabled.',
    advice: 'Enable the user, if they are to sign in again.',
  },
  // The request itself
  {
    name: 'too_many_requests',
    errors: ['too_many_requests', 'throttled', 'slow_down'],
    when: always,
    means: 'A limit was reached.',
    advice: 'Wait as long as the header `Retry-After` says.',
  },
  {
    name: 'origin_not_allowed',
    errors: ['invalid_request'],
    when: /origin .* not allowed/,
    means: 'The page that asks is of none of the client’s origins.',
    advice:
      'Name the origin at the client: its redirect URIs count, and further ones can be added.',
  },
  {
    name: 'parameter_repeated',
    errors: ['invalid_request'],
    when: /must not be provided twice/,
    means: 'A parameter was sent twice.',
    advice: 'Send each parameter once.',
  },
  {
    name: 'parameter_missing',
    errors: ['invalid_request'],
    when: /missing required parameter|must be provided/,
    means: 'A parameter is missing.',
    advice: 'The description names it. Parameters go in the form, not in the query or as JSON.',
  },
  {
    name: 'content_type_wrong',
    errors: ['invalid_request'],
    when: /content-type/,
    means: 'The body is not a form.',
    advice: 'Send `application/x-www-form-urlencoded`.',
  },
  {
    name: 'client_metadata_invalid',
    errors: ['invalid_client_metadata', 'invalid_redirect_uri'],
    when: always,
    means: 'The client that registers itself asks for something that is not allowed.',
    advice: 'The description names the member.',
  },
  {
    name: 'request_malformed',
    errors: ['invalid_request'],
    when: always,
    means: 'The request is malformed.',
    advice: 'The description says how.',
  },
];
