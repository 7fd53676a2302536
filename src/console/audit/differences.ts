/**
 * What a change touched, member by member.
 */
export type Difference = { member: string; before: string | undefined; after: string | undefined };

type Members = Record<string, unknown>;

/** In the order of the members' names. Undefined values were not there. */
export function differencesOf(
  before: Members | undefined,
  after: Members | undefined,
): readonly Difference[] {
  const members = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...members].sort().map((member) => ({
    ...{ member, before: written(before?.[member]), after: written(after?.[member]) },
  }));
}

function written(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
}
