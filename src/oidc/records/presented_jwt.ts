/**
 * The JWT access token that a request presents at userinfo, as the library's record.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { AccessTokenReader } from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { kindOfJwt, recordOfJwt } from './jwt_records.ts';
import type { RecordKind } from './kinds.ts';

/** Undefined: it is not alive, or of another kind. */
export async function findJwt(
  kind: RecordKind,
  token: string,
  reader: AccessTokenReader,
): Promise<AdapterPayload | undefined> {
  const read = await reader.read(token, clientAsOf());
  return read && kindOfJwt(read) === kind ? recordOfJwt(read) : undefined;
}
