/** The API that a signed-in app calls in a person's name, on this machine: it keeps what it is sent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectShown } from '../pages.ts';
import type { Person, Place } from '../program.ts';

export type OrdersApi = {
  /** Its part of Cardea's declarative file; its tokens live so shortly that clients refresh with each call. */
  declared: { identifier: string; scopes: Record<string, string> };
  url: string;
  /**
   * Has the app call the API twice, through its page `/orders`.
   * @throws unless each call came with another access token
   */
  expectRefreshed(place: Place, person: Person): Promise<void>;
};

/** `id`: of the program that calls it. Does not keep this process alive. */
export async function ordersApi(id: string): Promise<OrdersApi> {
  const sent = new Set<string | undefined>();
  const server = createServer((request, response) => {
    sent.add(request.headers.authorization);
    response.setHeader('content-type', 'application/json').end('["no orders yet"]');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const declared = {
    identifier: `https://orders-of-${id}.example`,
    name: 'Orders',
    scopes: { 'orders:read': 'See your orders' },
    // Clients refresh up to a minute before the end.
    access_token_lifetime: '30s',
  };
  return {
    declared,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    async expectRefreshed({ origin }, person) {
      for (const _ of ['first', 'second']) {
        expectShown(await person.visit(`${origin}/orders`), 'no orders yet');
      }
      assert.equal(sent.size, 2, 'the access token was not refreshed');
    },
  };
}
