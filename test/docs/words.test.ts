/** Names that sentences use (members, headers, codes, functions) are still those of the program. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pages, root } from './pages.ts';

/** `snake_case`, `camelCase` and `Header-Names`; single plain words are too common to prove anything. */
const names =
  /\b(?:[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z]+(?:-[A-Z][A-Za-z]+)+)\b/g;

/** Headers as the program writes many of them: whole strings, in lower case. */
const headers = /(?<=')[a-z]+(?:-[a-z]+)+(?=')/g;

/** Names of other programs, and of styles, on the pages that tell how these meet Cardea. */
const foreign = new Set([
  'camelCase',
  // The conformance suite's variants.
  ...[
    'client_registration',
    'static_client',
    'dynamic_client',
    'server_metadata',
    'client_auth_type',
  ],
  ...['fapi_profile', 'plain_fapi', 'sender_constrain', 'authorization_request_type'],
  ...['openid_connect', 'plain_oauth'],
  // OAuth, Envoy, Traefik, Kubernetes, Python, helmet.
  ...['response_mode', 'typed_per_filter_config', 'Forwarded-Uri', 'preStop'],
  ...['terminationGracePeriodSeconds', 'wsgi_app', 'get_wsgi_application', 'to_thread'],
  // MCP clients.
  ...['auth_callback', 'connector_platform_oauth_redirect', 'hostHeaderValidationResponse'],
  'Strict-Transport-Security',
  // oauth2-proxy.
  ...['session_store_type', 'cookie_domains', 'cookie_secure'],
  'insecure_oidc_allow_unverified_email',
  // Browsers.
  'localStorage',
  // Grafana, Authlib.
  ...['allowed_groups', 'oauth_allow_insecure_email_lookup', 'mismatching_state'],
]);

const program = globSync(
  [
    'src/**/*.{ts,js,json}',
    '{bin,demo,harness,scripts}/**/*.{css,js,sh,ts,yaml}',
    'scripts/compatibility/programs/*/*.*',
    'deploy/**/*.*',
    'views/**/*.{eta,ts,js}',
    'docs/integrations/{examples,gateways}/**/*.*',
    'docker-compose.yml',
    'Dockerfile',
    'package.json',
    'scripts/compatibility/programs/*/{shop,src}/**/*.*',
    'biome.json',
  ],
  { cwd: root },
)
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');
const words = new Set([
  ...(program.match(names) ?? []).map((word) => word.toLowerCase()),
  ...(program.match(headers) ?? []),
]);

test('Every name that the documentation formats as code exists in the program', () => {
  const unknown = pages
    .filter(({ path }) => path !== 'CHANGELOG.md')
    .flatMap(({ path, codes }) =>
      codes.flatMap(({ text, line }) =>
        (text.match(names) ?? [])
          .filter((name) => !words.has(name.toLowerCase()) && !foreign.has(name))
          .map((name) => `${path}:${line} ${name}`),
      ),
    );
  assert.deepEqual([...new Set(unknown)], []);
});
