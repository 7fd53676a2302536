/**
 * A verifier that follows the status lists of one node, and reads them as the draft says.
 */
import { inflateSync } from 'node:zlib';
import { decodeJwt } from 'jose';

type Copy = { etag: string; bits: Buffer };
type StatusClaim = { status_list: { idx: number; uri: string } };

export type Follower = {
  /** The bit as the node's list has it now. */
  isRevoked(token: string): Promise<boolean>;
  /** Follows the list until the bit is set. */
  untilRevoked(token: string): Promise<void>;
};

export function createFollower(node: () => { url: string }): Follower {
  const read = async (token: string, known?: Copy): Promise<{ revoked: boolean; copy: Copy }> => {
    const { idx, uri } = (decodeJwt(token).status as StatusClaim).status_list;
    const url = `${node().url}/status-lists/${uri.slice(uri.lastIndexOf('/') + 1)}`;
    const headers = known && { 'If-None-Match': known.etag, Prefer: 'wait=5' };
    const answer = await fetch(url, headers ? { headers } : {});
    const body = await answer.text();
    if (answer.status !== 304 && answer.status !== 200) throw new Error(`list: ${answer.status}`);
    const bits =
      answer.status === 304 && known
        ? known.bits
        : inflateSync(
            Buffer.from((decodeJwt(body).status_list as { lst: string }).lst, 'base64url'),
          );
    const copy = { etag: answer.headers.get('etag') ?? '', bits };
    return { revoked: (((bits[idx >> 3] ?? 0) >> (idx & 7)) & 1) === 1, copy };
  };

  return {
    isRevoked: async (token) => (await read(token)).revoked,
    async untilRevoked(token) {
      let { revoked, copy } = await read(token);
      while (!revoked) ({ revoked, copy } = await read(token, copy));
    },
  };
}
