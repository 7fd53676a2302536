import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderConfigurationDocs } from '../../scripts/docs/configuration.ts';
import { environmentReference, variableNames } from '../../src/config/environment.ts';
import { declarationReference } from '../../src/config/reference.ts';

test('The page docs/configuration.md matches the schemas (npm run docs writes it)', async () => {
  assert.equal(await readFile('docs/configuration.md', 'utf8'), renderConfigurationDocs());
});

test('Every variable and every key has a description', () => {
  const variables = environmentReference();
  assert.deepEqual(
    variables.map(({ name }) => name),
    variableNames,
  );
  for (const { name, description } of variables) assert.ok(description, name);
  for (const { path, description, type } of declarationReference()) {
    assert.ok(description && type && type !== 'undefined', path);
  }
});
