import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderConfigurationDocs } from '../../scripts/docs/configuration.ts';
import { environmentReference, variableNames } from '../../src/config/environment.ts';
import { declarationReference } from '../../src/config/reference.ts';

test('docs/configuration.md is what the schemas say (npm run docs writes it)', async () => {
  assert.equal(await readFile('docs/configuration.md', 'utf8'), renderConfigurationDocs());
});

test('every variable and every key has a meaning', () => {
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
