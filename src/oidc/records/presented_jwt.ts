/**
 * The JWT access token that a request presents at introspection, revocation or userinfo. The library asks each model
 * whether it knows the token; it is read once.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { StatusPosition } from '../../storage/revocations.ts';
import type { AccessTokenReader, ReadAccessToken, TokenPrincipals } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import { kindOfJwt, recordOfJwt } from './jwt_records.ts';
import type { RecordKind } from './kinds.ts';

type PresentedJwt = {
  jti: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  status: StatusPosition | undefined;
  principals: TokenPrincipals;
};

/** What looks like a JWT, and what it was read as. Set and read here. */
const reading = createRequestSlot<{
  token: string;
  result: Promise<ReadAccessToken | undefined>;
}>();
/** Set here once the library has its record; read by introspection and revocation. */
const presented = createRequestSlot<PresentedJwt>();

export const presentedJwt = presented.get;

/** The record that stands for a JWT; undefined: it is not alive, or of another kind. */
export async function findJwt(
  kind: RecordKind,
  token: string,
  reader: AccessTokenReader,
): Promise<AdapterPayload | undefined> {
  const read = await readOnce(token, reader);
  if (!read || kindOfJwt(read) !== kind) return undefined;
  const { jti, exp } = read.claims;
  const { clientId, accountId, derivedFrom } = read.links;
  const principals = { clientId, accountId, derivedFrom };
  presented.set({ jti, expiresAt: exp * 1000, status: read.status, principals });
  return recordOfJwt(read);
}

/** The grant behind the JWT, if it is this one: as fresh as what was read of that. */
export async function grantOfJwt(grantId: string) {
  const read = await reading.get()?.result;
  return read?.grant?.id === grantId ? read.grant : undefined;
}

function readOnce(token: string, reader: AccessTokenReader) {
  const known = reading.get();
  if (known?.token === token) return known.result;
  const result = reader.read(token, clientAsOf());
  reading.set({ token, result });
  return result;
}
