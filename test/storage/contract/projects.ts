/**
 * What the store of projects guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { now, openAll, ordered, sampleProject, sharedStore } from './samples.ts';

export function projectContract(stores: TestStores) {
  describe('Project storage', () => {
    const { store } = sharedStore(stores);

    test('A project is found by id and by name as it was created', async () => {
      const { projects } = store();
      const all = [sampleProject({ disabledAt: now }), sampleProject()];
      delete all[1]?.scopes;
      delete all[1]?.tier;
      delete all[1]?.ownerId;
      for (const project of all) {
        await projects.create(project);
        assert.deepEqual(await projects.find(project.id), project);
        assert.deepEqual(await projects.findByName(project.name), project);
        assert.equal(await projects.find(project.name), undefined);
        assert.equal(await projects.findByName(project.name.toUpperCase()), undefined);
      }
      assert.equal(await projects.findByName(randomId()), undefined);
    });

    test("A project's id and name are unique, and a refused write changes nothing", async () => {
      const { projects } = store();
      const [first, second] = [sampleProject(), sampleProject()];
      await projects.create(first);
      await projects.create(second);
      const { id, name } = first;
      for (const taken of [{ id }, { name }]) {
        await assert.rejects(projects.create(sampleProject(taken)), (error) => {
          assert.ok(error instanceof DuplicateError);
          assert.match(error.message, new RegExp(`this ${Object.keys(taken)[0]} `));
          return true;
        });
      }
      await assert.rejects(projects.update({ ...second, name, version: 2 }), DuplicateError);
      assert.deepEqual(await projects.find(id), first);
      assert.deepEqual(await projects.find(second.id), second);
    });

    test('A change succeeds only from the previous version and updates the lookups', async () => {
      const { projects } = store();
      const project = sampleProject();
      await projects.create(project);
      const second = { ...project, name: randomId(), version: 2 };
      assert.equal(await projects.update({ ...second, version: 3 }), false);
      assert.equal(await projects.update(second), true);
      assert.equal(await projects.update(second), false);
      assert.deepEqual(await projects.findByName(second.name), second);
      assert.equal(await projects.findByName(project.name), undefined);
      await projects.create(sampleProject({ name: project.name }));
    });

    test('A removal reports whether the project existed, and a later change fails', async () => {
      const { projects } = store();
      const project = sampleProject();
      await projects.create(project);
      assert.equal(await projects.remove(project.id), true);
      assert.equal(await projects.remove(project.id), false);
      assert.equal(await projects.update({ ...project, version: 2 }), false);
      assert.equal(await projects.findByName(project.name), undefined);
    });

    test('The project list is ordered and continues where a page ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      for (const name of ordered.toReversed()) await fresh.projects.create(sampleProject({ name }));
      const page = async (after: string | undefined, limit: number) =>
        (await fresh.projects.list({ after, limit })).items.map(({ name }) => name);
      assert.deepEqual(await page(undefined, 100), ordered);
      assert.deepEqual(await page(ordered[2], 3), ordered.slice(3, 6));
      assert.deepEqual(await page(ordered[7], 3), []);
    });
  });
}
