/**
 * JSON Merge Patch (RFC 7396 section 2).
 */
type JsonObject = Record<string, unknown>;

/** `target` with `patch` applied: null removes a member, objects are merged, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** The members of `before` that `after` has otherwise, as a change that removes with null; undefined: none. */
export function topLevelChanges(
  before: JsonObject,
  after: JsonObject,
  isEqual: (one: unknown, other: unknown) => boolean,
): JsonObject | undefined {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes = [...names].flatMap((name) =>
    isEqual(before[name], after[name]) ? [] : [[name, after[name] ?? null] as const],
  );
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
