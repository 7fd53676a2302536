/** The documents that known connectors publish are taken as they are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Provider } from 'oidc-provider';
import { declarationSchema } from '../../../src/config/schema/declaration.ts';
import { authMethods } from '../../../src/definitions/oauth.ts';
import { createReadDocument } from '../../../src/oidc/clients/documents/read_document.ts';
import { declaration } from './configuration.ts';

const read = createReadDocument({
  provider: () =>
    new Provider('https://id.example', {
      clientAuthMethods: [...authMethods],
      features: { rpMetadataChoices: { enabled: true } },
    }),
  declaration: declarationSchema.parse(declaration),
});

const documentOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`connectors/${name}.json`, import.meta.url), 'utf8'));

const expected = {
  claude: { application_type: 'web', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] },
  claude_code: {
    application_type: 'native',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
  },
  vscode: {
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
  },
};

for (const [name, facts] of Object.entries(expected)) {
  const document = documentOf(name);
  test(`The document of ${document.client_name} becomes a public client with its own redirect URIs`, () => {
    const metadata = read(document.client_id, document);
    assert.equal(metadata.client_name, document.client_name);
    assert.equal(metadata.token_endpoint_auth_method, 'none');
    assert.deepEqual(metadata.grant_types, ['authorization_code', 'refresh_token']);
    assert.deepEqual({ ...metadata, ...facts }, metadata);
  });
}
