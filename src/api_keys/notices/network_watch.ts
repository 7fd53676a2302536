/**
 * Detects the first use of a key from a network (/24, IPv6 /48) that it was not used from in recent months. A
 * key's very first use raises no alert. Networks are stored as keyed hashes: other processes and restarted ones
 * recognize them, but nobody who reads the store learns an address.
 */
import ipaddr from 'ipaddr.js';
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { networkBits } from '../../definitions/api_keys.ts';
import { dayMs, hourMs } from '../../definitions/units.ts';
import { hmacSha256 } from '../../digests.ts';
import { addressText, parseAddress } from '../../net/networks.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { Defer, RaiseAlert, UseWatch } from './alerts.ts';

/**
 * How long a network is kept after the key's last use from there; at least two thirds of this, as the entry is
 * not rewritten at every use.
 */
const networkKeptMs = 90 * dayMs;
/**
 * That a key was used at all is kept longer, so that a key that was dormant for months still raises an alert.
 */
const useKeptMs = 730 * dayMs;
/** After this time a process asks the store about a network again. */
const rememberedForMs = 7 * dayMs;
/** When to try again after a failure, or when no work could be deferred. */
const retryAfterMs = 10_000;
/**
 * A key with more new networks than this per `roamingWindowMs` is used from everywhere, which is not worth an
 * alert.
 */
const maxNewNetworks = 64;
const roamingWindowMs = 30 * dayMs;
const maxRemembered = 50_000;

const artifactKind = 'ApiKeyNetwork';

export function createNetworkWatch({
  artifacts,
  counters,
  hashKeys,
  raise,
  later,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'insert' | 'find' | 'put'>;
  counters: CounterStore;
  /** The first hashes new entries; all are tried when reading. */
  hashKeys: readonly Buffer[];
  raise: RaiseAlert;
  later: Defer;
  clock: Clock;
}): UseWatch {
  /**
   * Maps a key's address, a key's network, or a roaming key to the instant (ms) until which there is nothing to
   * ask.
   */
  const quietUntil = createLruCache<number>(maxRemembered);
  const isQuiet = (name: string, now: number) => (quietUntil.get(name) ?? 0) > now;

  /**
   * The stored entry for a key's network or, with an empty network, for its use at all. Named with the newest
   * hash key.
   */
  const entryOf = (
    keyId: string,
    network: string,
    expiresAt: number,
  ): Artifact & { ids: string[] } => {
    const ids = hashKeys.map((key) => hmacSha256(key, `${keyId} ${network}`));
    return { kind: artifactKind, id: ids[0] ?? '', ids, payload: {}, expiresAt };
  };

  /**
   * Whether the entry exists under any of its names. If so, its lifetime is renewed once a third of it has
   * passed.
   */
  const isKept = async ({ ids, ...entry }: ReturnType<typeof entryOf>, now: number) => {
    for (const id of ids) {
      const found = await artifacts.find(artifactKind, id, now);
      if (!found) continue;
      const isFresh = found.expiresAt - now > (2 / 3) * (entry.expiresAt - now);
      if (id !== entry.id || !isFresh) await artifacts.put(entry);
      return true;
    }
    return false;
  };

  const keep = ({ ids: _, ...entry }: ReturnType<typeof entryOf>, now: number) =>
    artifacts.insert(entry, now);

  /** Resolves to the instant until which this network is settled. */
  const settle = async (record: ApiKeyRecord, network: string): Promise<number> => {
    const now = clock.now();
    const here = entryOf(record.id, network, now + networkKeptMs);
    const used = entryOf(record.id, '', now + useKeptMs);
    const isKnown = await isKept(here, now);
    const wasUsed = await isKept(used, now);
    if (isKnown) return now + rememberedForMs;
    if (!wasUsed) {
      await keep(here, now);
      await keep(used, now);
      return now + rememberedForMs;
    }
    const roaming = `api_key_networks:${record.id}`;
    const { count, resetAt } = await counters.add(roaming, 0, roamingWindowMs, now);
    if (count >= maxNewNetworks) {
      quietUntil.set(record.id, resetAt);
      return resetAt;
    }
    // If the alert was suppressed because of another network this hour, this network is still new in the next
    // hour.
    if (!(await raise(record, 'new_network', { network }))) return now - (now % hourMs) + hourMs;
    if (await keep(here, now)) await counters.add(roaming, 1, roamingWindowMs, now);
    return now + rememberedForMs;
  };

  return {
    observe({ record, ip, outcome }, now) {
      // A denied call reached nothing, wherever it came from.
      if (ip === undefined || outcome === 'denied') return;
      const addressName = `${record.id} ${ip}`;
      if (isQuiet(addressName, now) || isQuiet(record.id, now)) return;
      const network = networkCidrOf(ip);
      if (network === undefined) return;
      const networkName = `${record.id} ${network}`;
      if (!isQuiet(networkName, now)) {
        const isUnderWay = later(async () => {
          quietUntil.set(networkName, await settle(record, network));
        });
        if (!isUnderWay) return;
        quietUntil.set(networkName, now + retryAfterMs);
      }
      // Saves working out the network for each request.
      quietUntil.set(addressName, Math.min(quietUntil.get(networkName) ?? 0, now + retryAfterMs));
    },
  };
}

/** Such as `203.0.113.0/24` or `2001:db8:1::/48`; undefined if `ip` is not an address. */
function networkCidrOf(ip: string): string | undefined {
  const address = parseAddress(ip);
  if (!address) return undefined;
  const [type, bits] =
    address instanceof ipaddr.IPv6
      ? ([ipaddr.IPv6, networkBits.ipv6] as const)
      : ([ipaddr.IPv4, networkBits.ipv4] as const);
  const network = type.networkAddressFromCIDR(`${addressText(address)}/${bits}`);
  return `${addressText(network)}/${bits}`;
}
