/**
 * The JWT access token that a request presents at userinfo. The library asks for the token and for its grant; the JWT is
 * read once.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { AccessTokenReader, ReadAccessToken } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import { kindOfJwt, recordOfJwt } from './jwt_records.ts';
import type { RecordKind } from './kinds.ts';

/** What looks like a JWT, and what it was read as. Set and read here. */
const reading = createRequestSlot<{
  token: string;
  result: Promise<ReadAccessToken | undefined>;
}>();
/** The record that stands for a JWT; undefined: it is not alive, or of another kind. */
export async function findJwt(
  kind: RecordKind,
  token: string,
  reader: AccessTokenReader,
): Promise<AdapterPayload | undefined> {
  const read = await readOnce(token, reader);
  return read && kindOfJwt(read) === kind ? recordOfJwt(read) : undefined;
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
