/**
 * How each family of endpoints spells an error: OAuth JSON and problem+json.
 */
import { STATUS_CODES } from 'node:http';
import type { PublicError } from './public_error.ts';

/** The error codes of the specifications we implement; ours are told in the nearest of them. */
const oauthCodes = new Set(
  [
    // RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1
    'invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type',
    'invalid_scope access_denied unsupported_response_type server_error temporarily_unavailable',
    'invalid_token insufficient_scope unsupported_token_type',
    // RFC 8628 section 3.5, RFC 8707 section 2, RFC 7591 section 3.2.2, RFC 9449 sections 5 and 8
    'authorization_pending slow_down expired_token invalid_target invalid_redirect_uri',
    'invalid_client_metadata invalid_software_statement unapproved_software_statement',
    'invalid_dpop_proof use_dpop_nonce',
    // OpenID Connect Core section 3.1.2.6, RFC 9470 section 3, RFC 9396 section 5
    'interaction_required login_required account_selection_required consent_required',
    'invalid_request_uri invalid_request_object request_not_supported request_uri_not_supported',
    'registration_not_supported insufficient_user_authentication invalid_authorization_details',
    'unmet_authentication_requirements',
  ]
    .join(' ')
    .split(' '),
);

/** RFC 6749 section 5.2. */
export function oauthBody({ status, code, description }: PublicError): {
  error: string;
  error_description: string;
} {
  return { error: oauthCode(status, code), error_description: oauthText(description) };
}

function oauthCode(status: number, code: string): string {
  if (oauthCodes.has(code)) return code;
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

/** `error_description` takes printable ASCII without `"` and `\` only. */
function oauthText(description: string): string {
  return description.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}

/** RFC 9457, with our stable `code`, and `errors` for each field (as its section 3.1.3 has them). */
export function problemBody({ status, code, description, fields }: PublicError, requestId: string) {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: description,
    code,
    ...(fields && { errors: fields }),
    request_id: requestId,
  };
}
