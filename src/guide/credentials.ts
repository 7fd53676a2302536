/**
 * What belongs to each credential beside its texts: mistakes that people make with it, guides, where the console makes
 * it, and its first requests.
 */
import type { CredentialName } from './questions.ts';

/** Keys of the texts in `guide.mistakes`. */
type Mistake =
  | (
      | 'key_in_url'
      | 'secret_in_program'
      | 'token_in_storage'
      | 'long_lived_jwt'
      | 'algorithm_of_token'
    )
  | ('unchecked_audience' | 'id_token_at_api' | 'implicit' | 'password_grant' | 'shared_credential')
  | ('unchecked_state' | 'embedded_browser' | 'passed_on' | 'code_by_message' | 'claimed_name');

/** A page of docs/integrations, without `.md`. */
type Guide =
  | ('api-keys' | 'forward-auth' | 'token-exchange' | 'verify-elsewhere' | 'nextjs' | 'express')
  | ('react' | 'native' | 'mcp' | 'spring-boot' | 'django' | 'recipes');

/** A command: its words, one a line of what is shown. */
type Command = readonly string[];

type Credential = {
  mistakes: readonly Mistake[];
  guides: readonly Guide[];
  /** Below the console. */
  create: string;
  requests(issuer: string): readonly Command[];
};

/** Of whoever verifies JWTs. */
const ofVerifiers = ['algorithm_of_token', 'unchecked_audience', 'long_lived_jwt'] as const;
const ofSignIn = ['implicit', 'password_grant', 'id_token_at_api'] as const;

/** The sign-in of an app. `client`: how it names itself at the token endpoint. */
function signIn(issuer: string, redirectUri: string, client: string): readonly Command[] {
  const query = [
    ...['response_type=code', 'client_id=$CLIENT_ID', `redirect_uri=${redirectUri}`],
    ...['scope=openid', 'state=$STATE', 'code_challenge=$CHALLENGE', 'code_challenge_method=S256'],
  ].join('&');
  return [
    ['STATE=$(openssl rand -hex 16) VERIFIER=$(openssl rand -hex 32)'],
    [
      'CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 -A | tr +/ -_ | tr -d =)',
    ],
    [`echo "${issuer}/authorize?${query}"`],
    [
      `curl ${issuer}/token ${client}`,
      '-d grant_type=authorization_code -d "code=$CODE"',
      `-d "code_verifier=$VERIFIER" -d redirect_uri=${redirectUri}`,
    ],
  ];
}

const asPublic = '-d "client_id=$CLIENT_ID"';
const withSecret = '-u "$CLIENT_ID:$CLIENT_SECRET"';

export const credentials: Readonly<Record<CredentialName, Credential>> = {
  api_key: {
    mistakes: ['key_in_url', 'secret_in_program', 'shared_credential'],
    guides: ['api-keys', 'forward-auth', 'token-exchange'],
    create: '/api-keys/new',
    requests: (issuer) => [
      ['curl "$API_URL" -H "Authorization: Bearer $API_KEY"'],
      [
        `curl ${issuer}/api-keys/verify -u "$API_CLIENT_ID:$API_CLIENT_SECRET"`,
        `-H 'Content-Type: application/json' -d "{\\"key\\": \\"$API_KEY\\"}"`,
      ],
    ],
  },
  client_credentials: {
    mistakes: ['secret_in_program', 'shared_credential', ...ofVerifiers],
    guides: ['verify-elsewhere', 'express', 'spring-boot'],
    create: '/clients/new?kind=service',
    requests: (issuer) => [
      [`curl ${issuer}/token ${withSecret}`, '-d grant_type=client_credentials -d "resource=$API"'],
    ],
  },
  code_web: {
    mistakes: [...ofSignIn, 'unchecked_state', 'secret_in_program', ...ofVerifiers],
    guides: ['nextjs', 'django', 'spring-boot', 'recipes'],
    create: '/clients/new?kind=web',
    requests: (issuer) => signIn(issuer, 'http://localhost:8080/callback', withSecret),
  },
  code_spa: {
    mistakes: ['token_in_storage', 'secret_in_program', ...ofSignIn, ...ofVerifiers],
    guides: ['react', 'nextjs'],
    create: '/clients/new?kind=spa',
    requests: (issuer) => signIn(issuer, 'http://localhost:8080/', asPublic),
  },
  code_native: {
    mistakes: ['embedded_browser', 'secret_in_program', ...ofSignIn, ...ofVerifiers],
    guides: ['native'],
    create: '/clients/new?kind=native',
    requests: (issuer) => signIn(issuer, 'http://127.0.0.1:8080/callback', asPublic),
  },
  device_code: {
    mistakes: ['code_by_message', 'secret_in_program', 'password_grant', ...ofVerifiers],
    guides: ['native'],
    create: '/clients/new?kind=device',
    requests: (issuer) => [
      [`curl ${issuer}/device_authorization ${asPublic} -d scope=openid`],
      [
        `curl ${issuer}/token ${asPublic} -d "device_code=$DEVICE_CODE"`,
        '-d grant_type=urn:ietf:params:oauth:grant-type:device_code',
      ],
    ],
  },
  token_exchange: {
    mistakes: ['passed_on', 'secret_in_program', ...ofVerifiers],
    guides: ['token-exchange', 'verify-elsewhere'],
    create: '/clients/new?kind=resource_server',
    requests: (issuer) => [
      [
        `curl ${issuer}/token ${withSecret} -d "resource=$NEXT_API"`,
        '-d grant_type=urn:ietf:params:oauth:grant-type:token-exchange',
        '-d subject_token_type=urn:ietf:params:oauth:token-type:access_token',
        '-d "subject_token=$TOKEN_OF_THE_CALL"',
      ],
    ],
  },
  agent: {
    mistakes: ['claimed_name', 'passed_on', 'key_in_url', ...ofVerifiers],
    guides: ['mcp'],
    create: '/clients/new?kind=agent',
    requests: (issuer) => [
      ['curl -i "$MCP_URL"'],
      [`curl ${issuer}/.well-known/oauth-authorization-server`],
    ],
  },
};
