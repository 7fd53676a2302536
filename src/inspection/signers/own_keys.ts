/**
 * Signatures by this issuer's signing keys, and the state that each is in.
 */
import type { Keyring, SigningKey } from '../../signing_keys/room.ts';
import { findSigner } from '../portable/key_search.js';
import { say } from '../portable/statement.js';
import type { ReadToken, Statement } from '../report.ts';

export type OwnKeys = {
  /** Undefined: there is no signing key yet. */
  snapshot(): ReturnType<Keyring['snapshot']> | undefined;
  /** With those that were revoked; for operators. */
  list(): ReturnType<Keyring['list']>;
};

export async function checkOwnSignature(
  { snapshot, list }: OwnKeys,
  token: ReadToken,
  { seesRecords }: { seesRecords: boolean },
): Promise<Statement[]> {
  const { published = [], retired = [] } = snapshot() ?? {};
  const keys = [...published, ...retired];
  const states = new Map(keys.map((key) => [key.kid, key.state]));
  const found = await findSigner(
    token,
    keys.map(({ publicJwk }) => publicJwk),
    ({ kid }) => [signedBy(String(kid), states.get(String(kid)))],
  );
  const isUnknown = found.some(({ code }) => code === 'key_unknown');
  if (!isUnknown || !seesRecords) return found;
  const known = (await list()).find(({ kid }) => kid === token.header.kid);
  return known?.revokedAt === undefined
    ? found
    : [say('bad', 'key_revoked_signing', { kid: known.kid }, 3)];
}

function signedBy(kid: string, state: SigningKey['state'] = 'retired'): Statement {
  return state === 'retired'
    ? say('bad', 'signed_by_retired', { kid }, 3)
    : say('good', `signed_by_${state}`, { kid });
}
