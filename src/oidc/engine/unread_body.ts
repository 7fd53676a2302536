/**
 * A request's body that was read ahead of the library, which expects to read it itself: it gets the same bytes again.
 */
import type { IncomingMessage } from 'node:http';

/** From now on the library finds the body unread. It asks the request for the two members that are replaced here. */
export function makeUnread(req: IncomingMessage, bytes: Buffer): void {
  Object.defineProperties(req, {
    readable: { configurable: true, value: true },
    iterator: {
      configurable: true,
      async *value() {
        yield bytes;
      },
    },
  });
}
