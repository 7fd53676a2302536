/**
 * Changes of the claims of a person's own account.
 */
import type { AccountRequest } from '../page.ts';

/** Whether the declarative file decides the account: the next start would undo any change. */
export function isManaged({
  person,
  services,
}: Pick<AccountRequest, 'person' | 'services'>): boolean {
  return services.places.placeOf('user', person.username) !== undefined;
}

/**
 * Sets claims, or removes those that are undefined. Others stay. `expectedVersion`: of the account, as the person saw
 * it. Throws what Users.update does, CardeaError `version_mismatch` (412) included.
 */
export async function saveClaims(
  { person, by, services }: Pick<AccountRequest, 'person' | 'by' | 'services'>,
  changes: Readonly<Record<string, unknown>>,
  {
    username,
    expectedVersion = person.version,
  }: { username?: string | undefined; expectedVersion?: number } = {},
): Promise<void> {
  const merged = Object.entries({ ...person.claims, ...changes });
  const claims = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
  await services.users.update(person.id, { username, claims }, { ...by, expectedVersion });
}
