/**
 * What the tests of a suite share, opened before the first of them and closed after the last.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { TestStores } from './stores.ts';

/** `open` gets the address of a new store. What this answers may be called while tests run. */
export function sharedScene<Scene extends { close(): Promise<void> }>(
  stores: TestStores,
  open: (url: string) => Promise<Scene>,
): () => Scene {
  let scene: Scene | undefined;
  before(async () => {
    scene = await open(await stores.freshUrl());
  });
  after(async () => {
    await scene?.close();
  });
  return () => {
    assert.ok(scene, 'only while tests run');
    return scene;
  };
}
