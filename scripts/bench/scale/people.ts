/**
 * Tokens of people on a server, as the client `shop` gets them.
 */
import { createRawRequester } from '../../../harness/raw_requester.ts';
import { formRequest } from '../load/request.ts';
import { redeemCodes } from '../requests/people.ts';
import type { RunningServer } from '../servers/running_server.ts';

/** A JWT of a person who has just signed in. */
export async function newPersonToken(server: RunningServer): Promise<string> {
  const [refreshToken = ''] = await redeemCodes(server, 1);
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const requester = await createRawRequester(server.url, 1);
  const { body } = await requester.send(0, formRequest(server.endpoints.token, 'shop', form));
  requester.close();
  return JSON.parse(body).access_token;
}
