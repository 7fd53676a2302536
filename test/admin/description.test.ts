/** The OpenAPI description of the admin API, which other programs read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import description from '../../src/admin/openapi.json' with { type: 'json' };
import { operations } from '../../src/admin/room.ts';

type Described = {
  parameters?: { name: string; in: string; required?: boolean }[];
  responses: Record<string, { headers?: object; content?: Record<string, { schema: object }> }>;
};

const paths = description.paths as unknown as Record<string, Record<string, Described>>;
const described = operations.map((operation) => {
  const found = paths[operation.path]?.[operation.method.toLowerCase()];
  assert.ok(found, operation.id);
  return { ...operation, found };
});

test('Every regular expression of the description is one that other languages can compile', () => {
  const patterns = JSON.stringify(description).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g);
  const sources = [...patterns].map(([, source = '""']) => JSON.parse(source) as string);
  assert.ok(sources.length > 100);
  for (const source of sources) {
    assert.doesNotMatch(source, /\\[pP]\{/, source);
    new RegExp(source);
  }
});

test('Whatever creates is described with the address of what it has created, and nothing else is', () => {
  for (const { id, creates, found } of described) {
    const { '201': created } = found.responses;
    assert.equal(created !== undefined, creates === true, id);
    if (created) assert.ok('Location' in (created.headers ?? {}), id);
  }
});

test('A change of a version is described with the condition that it needs', () => {
  for (const { id, method, versioned, creates, found } of described) {
    const parameter = (name: string) => found.parameters?.find((one) => one.name === name);
    const isEither = method === 'PUT' && creates === true;
    assert.equal(parameter('If-None-Match') !== undefined, isEither, id);
    assert.equal('428' in found.responses, versioned === true, id);
    if (versioned) assert.equal(parameter('If-Match')?.required === true, !isEither, id);
  }
});
