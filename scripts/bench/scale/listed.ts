/**
 * What the status lists of a server say altogether.
 */
import { inflateSync } from 'node:zlib';
import { decodeJwt } from 'jose';

/** How many positions are revoked, in all lists. */
export async function countRevoked(url: string): Promise<number> {
  const { status_lists: uris } = (await read(`${url}/status-lists`, (response) =>
    response.json(),
  )) as { status_lists: string[] };
  let revoked = 0;
  for (const uri of uris) {
    const token = await read(uri, (response) => response.text());
    const { lst } = decodeJwt<{ status_list: { lst: string } }>(token).status_list;
    for (const byte of inflateSync(Buffer.from(lst, 'base64url'))) revoked += bitsOf[byte] ?? 0;
  }
  return revoked;
}

const bitsOf = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
);

async function read<T>(url: string, parse: (response: Response) => Promise<T>): Promise<T> {
  return parse(await fetch(url));
}
