/** Configurations that pages show are right, and the keys that they name exist. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routes } from '../../src/app/routes.ts';
import { startProblems } from '../../src/cli/start_check.ts';
import { declarationReference } from '../../src/config/reference.ts';
import { auditEventTypes } from '../../src/definitions/events.ts';
import { load, production, secret, temporaryFiles } from '../config/support.ts';
import { blocks, pages, placeOf } from './pages.ts';

describe('Configurations in the documentation', () => {
  const ours = blocks.filter(({ language, shownFile }) => language === 'yaml' && !shownFile);
  for (const block of ours) {
    test(`Cardea starts with the configuration of ${placeOf(block)}`, async (t) => {
      const { write } = await temporaryFiles(t);
      const variables = [...block.text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, secret]);
      const env = {
        ...Object.fromEntries(variables),
        ...production,
        CARDEA_CONFIG: await write('cardea.yaml', block.text),
      };
      await load(env, { validate: startProblems });
    });
  }
});

/** Names that have a dot and are neither: of routes, of the test webhook, and of the conformance suite's configuration. */
const others = new Set([
  ...routes.map(({ name }) => name),
  'webhook.test',
  'client.initial_access_token',
]);

test('Every declarative key and audit event that the documentation mentions exists', () => {
  const keys = new Set(declarationReference().map(({ path }) => path.replaceAll('[]', '')));
  const events = new Set<string>(auditEventTypes);
  const rooms = new Set([...keys, ...events].map((name) => name.split('.')[0]));
  const unknown = pages.flatMap((page) =>
    page.codes
      .filter(({ text }) => /^[a-z_]+(\.[a-z_]+)+$/.test(text) && rooms.has(text.split('.')[0]))
      .filter(({ text }) => !keys.has(text) && !events.has(text) && !others.has(text))
      .map(({ text, line }) => `${page.path}:${line} ${text}`),
  );
  assert.deepEqual(unknown, []);
});
