/**
 * Whatever stands in environment and file: the answer is a configuration or a ConfigError, and no secret is
 * ever part of what is said.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { variableNames } from '../../src/config/environment.ts';
import { ConfigError } from '../../src/config/problems.ts';
import { load, production, temporaryFiles } from './support.ts';

/** Recognisable, and of the kinds that secrets are: long text, base64url, with signs that YAML knows. */
const secrets = fc
  .tuple(
    fc.constantFrom('S3CRET', 'S3CRET-', 'S3CRET/+:', 'S3CRET #{}[]&*!|>%@`"\'', '$' + '{S3CRET'),
    fc.string({ maxLength: 60 }),
  )
  .map((parts) => parts.join(''));

const scalars = fc.oneof(
  fc.constantFrom('openid', 'none', 'RS256', '10m', '10/15m', 'https://a.example', 'code', ''),
  fc.constant('$' + '{SECRET}'),
  fc.string({ maxLength: 20 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);

const keys = fc.constantFrom(
  ...['apis', 'clients', 'users', 'client_id', 'client_secret', 'redirect_uris', 'scopes', 'scope'],
  ...['grant_types', 'jwks', 'password', 'claims', 'signing_keys', 'rotate_every', 'pages', 'logo'],
  ...['identifier', 'name', 'username', 'outbound', 'allow', 'ca', '__proto__', 'constructor', 'x'],
);

/** Data of the wrong shape almost everywhere, with the names that matter. */
const data = fc.letrec((tie) => ({
  node: fc.oneof({ maxDepth: 5, depthSize: 'medium' }, scalars, tie('list'), tie('map')),
  list: fc.array(tie('node'), { maxLength: 4 }),
  map: fc.dictionary(keys, tie('node'), { maxKeys: 5 }),
})).node;

async function saysNoSecret(env: NodeJS.ProcessEnv, secret: string): Promise<void> {
  try {
    const config = await load(env);
    assert.ok(Object.isFrozen(config.declaration));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const said = `${error.message} ${error.stack} ${JSON.stringify(error.problems)}`;
    const marker = secret.slice(0, 6);
    assert.ok(!said.includes(marker), said);
  }
}

test('Any environment gives a configuration or a ConfigError without its values', async () => {
  const values = fc.oneof(secrets, fc.string(), fc.constantFrom('sqlite:a', 'mongodb://h/d', '1'));
  const environments = fc.dictionary(
    fc.constantFrom(...variableNames, ...variableNames.map((name) => `${name}_FILE`)),
    values,
    { maxKeys: 8 },
  );
  const property = fc.asyncProperty(environments, secrets, (env, secret) =>
    saysNoSecret({ ...env, CARDEA_SECRET: secret }, 'S3CRET'),
  );
  await fc.assert(property, { numRuns: 300 });
});

test('Data of any shape gives a configuration or a ConfigError without its secrets', async (context) => {
  const { folder, write } = await temporaryFiles(context);
  const property = fc.asyncProperty(data, secrets, async (value, secret) => {
    await write('cardea.json', JSON.stringify(value) ?? 'null');
    const env = { ...production, CARDEA_CONFIG: join(folder, 'cardea.json'), SECRET: secret };
    await saysNoSecret(env, 'S3CRET');
  });
  await fc.assert(property, { numRuns: 400 });
});

test('A secret written in the file is never repeated in an error, even when the file is broken', async (context) => {
  const { folder, write } = await temporaryFiles(context);
  const junk = fc.array(
    fc.constantFrom(
      'clients:',
      '\n',
      '- ',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ': ',
      '|',
      '>',
      '&a ',
      '*',
      '!t ',
      '? ',
      '---',
      '\t',
      'client_secret',
      'password',
    ),
    { maxLength: 20 },
  );
  const property = fc.asyncProperty(junk, secrets, junk, async (before, secret, after) => {
    // A reference names its variable on purpose.
    fc.pre(!secret.startsWith('$'));
    const text = `${before.join('')}client_secret:${secret}${after.join('')}`;
    await write('cardea.yaml', text);
    await saysNoSecret({ ...production, CARDEA_CONFIG: join(folder, 'cardea.yaml') }, 'S3CRET');
  });
  await fc.assert(property, { numRuns: 500 });
});
