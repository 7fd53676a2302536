/** Compares a JSON answer with the one that a page shows: the same members of the same types, whatever their values. */

/** Where they differ, as paths; `null` on the page stands for any value. */
export function shapeDifferences(shown: unknown, answered: unknown, path = ''): string[] {
  if (shown === null) return answered === undefined ? [path] : [];
  if (typeof shown !== typeof answered || Array.isArray(shown) !== Array.isArray(answered))
    return [path];
  if (typeof shown !== 'object' || Array.isArray(shown)) return [];
  const members = (value: unknown) => new Map(Object.entries(value ?? {}));
  const [here, there] = [members(shown), members(answered)];
  const names = new Set([...here.keys(), ...there.keys()]);
  return [...names].flatMap((name) =>
    shapeDifferences(here.get(name), there.get(name), `${path}.${name}`),
  );
}
