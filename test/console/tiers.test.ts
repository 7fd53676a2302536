/**
 * Tiers on the pages of the console, and the choice of one for a project. One server for all.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  carol,
  createOperator,
  declaration,
  errorOf,
  fieldOf,
  headingOf,
  type Operator,
  ordersApi,
} from './scene.ts';

onSqlite((stores) => {
  describe('Tiers on the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({
        store: await stores.freshUrl(),
        declaration: { ...declaration, api_keys: { tiers: { free: { requests_per_minute: 60 } } } },
      });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server?.close());

    const create = async (fields: Record<string, string>) =>
      owner.send(await owner.open('/new-tier'), /new-tier$/, fields);

    test('An owner creates a tier, changes its limits and deletes it, and a wrong value stands by its field', async () => {
      const wrong = await create({ name: 'p r o', requests_per_minute: 'many' });
      assert.equal(wrong.status, 400);
      assert.match(errorOf(wrong, 'requests_per_minute'), /number/);
      assert.equal(fieldOf(wrong, 'requests_per_minute'), 'many');
      assert.match(errorOf(await create({ name: 'p r o' }), 'name'), /letters, digits/);
      assert.match((await create({ name: 'free' })).html, /api_keys\.tiers\.free/);

      const made = await create({ name: 'pro', requests_per_minute: '5000' });
      assert.equal(headingOf(made), 'pro');
      assert.match(made.html, /5,000/);
      const stale = await owner.open('/tiers/pro/edit');
      const changed = await owner.send(await owner.open('/tiers/pro/edit'), /edit$/, {
        ...{ requests_per_minute: '', requests_per_month: '70000' },
      });
      assert.match(changed.html, /pro is saved\..*No limit.*70,000/s);
      const late = await owner.send(stale, /edit$/, { requests_per_minute: '9' });
      assert.equal(late.status, 412);
      assert.match(late.html, /Stored now:.*70000/s);

      const question = await owner.open('/tiers/pro/delete');
      assert.match(
        question.html,
        /There is no default tier, so keys and projects that have it get no limits at all/,
      );
      const deleted = await owner.send(question, /delete$/, { confirmation: 'pro' });
      assert.match(deleted.html, /pro is deleted\./);
    });

    test('A tier of the file is shown with its place and offers no change, and an auditor is offered none', async () => {
      const ofFile = await owner.open('/tiers/free');
      assert.match(ofFile.html, /The declarative file names this tier/);
      assert.doesNotMatch(ofFile.html, /tiers\/free\/(edit|delete)"/);
      await create({ name: 'seen', requests_per_minute: '5' });
      const auditor = await createOperator(server.issuer, carol);
      assert.doesNotMatch((await auditor.open('/tiers/seen')).html, /tiers\/seen\/(edit|delete)"/);
      assert.equal((await auditor.open('/tiers/seen/edit')).status, 403);
    });

    test('A project has one of the tiers that there are, or none, and says so when its tier is gone', async () => {
      await create({ name: 'gold', requests_per_minute: '5' });
      const form = await owner.open('/new-project');
      assert.equal(fieldOf(form, 'tier'), '');
      const made = await owner.send(form, /new-project$/, {
        ...{ name: 'Dashboards', api: ordersApi, tier: 'gold' },
      });
      const [, id] = /projects\/([^/"?]+)\/edit/.exec(made.html) ?? [];
      const edit = `/projects/${id}/edit`;
      assert.equal(fieldOf(await owner.open(edit), 'tier'), 'gold');
      await owner.send(await owner.open('/tiers/gold/delete'), /delete$/, { confirmation: 'gold' });
      assert.match((await owner.open(edit)).html, /There is no such tier\./);
      const without = await owner.send(await owner.open(edit), /edit$/, { tier: '' });
      assert.match(without.html, /Dashboards is saved\./);
      assert.equal(fieldOf(await owner.open(edit), 'tier'), '');
    });
  });
});
