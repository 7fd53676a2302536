/**
 * Addresses of the pages of revocations, below `/console`.
 */
export const revocationsPath = '/revoke';

/** The page that says what the revocation would hit, and asks. `kind`, `name`: see targetIn. */
export function revokePath(kind: string, name: string): `/${string}` {
  return `${revocationsPath}/confirm?${new URLSearchParams({ kind, name })}`;
}

/** How far it has come. */
export const statesPath = '/revocations';

export function statePath(id: string): `/${string}` {
  return `${statesPath}/${encodeURIComponent(id)}`;
}
