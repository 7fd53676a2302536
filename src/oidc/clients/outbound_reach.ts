/**
 * Whose address a request of the library goes to. It fetches keys, sector identifiers and logout endpoints of all
 * clients by one function, which must know whether the operator has named the address or a registrant: only for
 * the former Cardea calls into private networks (`outbound.allow`).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from 'oidc-provider';
import { describesItself } from '../../clients/room.ts';
import type { Clock } from '../../clock.ts';
import type { ClientRecord } from '../../storage/clients.ts';
import { aroundOutboundCalls } from '../engine/overrides.ts';

/** How long the keys of a registrant that could not be fetched are not asked for again. */
const failedKeysMs = 30_000;

export type OutboundReach = {
  /** For what is called while no client of the operator's is being served. */
  fetch: typeof fetch;
  /** Notes who named the addresses in a client's metadata, the object that the library builds it from. */
  note(metadata: object, source: ClientRecord['source']): void;
  /** Runs what builds a client of this metadata. */
  building<T>(metadata: object, build: () => Promise<T>): Promise<T>;
  /** From now on this client's addresses are called as who named them may. */
  extend(client: Client, metadata: object): void;
};

/** `operators`: for addresses that the operator names; `registrants`: for all others. */
export function createOutboundReach({
  operators,
  registrants,
  clock,
}: {
  operators: typeof fetch;
  registrants: typeof fetch;
  clock: Clock;
}): OutboundReach {
  const named = new WeakSet<object>();
  const current = new AsyncLocalStorage<typeof fetch>();
  const extended = new WeakMap<object, { fetch: typeof fetch }>();
  const fetchFor = (metadata: object) => (named.has(metadata) ? operators : registrants);
  const failures = new WeakMap<Client, { until: number; error: unknown }>();

  /** Anybody can have a registrant's keys asked for: what failed is not asked again at once. */
  const keysOf = async (client: Client, metadata: object, call: () => Promise<void>) => {
    const known = failures.get(client);
    if (known && known.until > clock.now()) throw known.error;
    try {
      await call();
    } catch (error) {
      if (!named.has(metadata)) failures.set(client, { until: clock.now() + failedKeysMs, error });
      throw error;
    }
  };

  return {
    fetch: (...parameters) => (current.getStore() ?? registrants)(...parameters),
    note(metadata, source) {
      if (!describesItself(source)) named.add(metadata);
    },
    building: (metadata, build) => current.run(fetchFor(metadata), build),
    extend(client, metadata) {
      // The library answers the client that it built before where other metadata says the same.
      const known = extended.get(client);
      if (known) {
        known.fetch = fetchFor(metadata);
        return;
      }
      const reach = { fetch: fetchFor(metadata) };
      extended.set(client, reach);
      const within = <T>(call: () => Promise<T>) => current.run(reach.fetch, call);
      aroundOutboundCalls(client, {
        keys: (call) => keysOf(client, metadata, () => within(call)),
        logout: within,
      });
    },
  };
}
