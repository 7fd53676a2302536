/**
 * Where keys are used from: a key's first use from a network (/24, IPv6 /48) that it was not used from in the
 * last months is told; that from its very first one is not. Networks are kept in the store as keyed hashes, so
 * that a restart and the other processes know them, and nobody who reads the store does.
 */
import ipaddr from 'ipaddr.js';
import { createRecent } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { networkBits } from '../../definitions/api_keys.ts';
import { dayMs, hourMs } from '../../definitions/units.ts';
import { hmacSha256 } from '../../digests.ts';
import { addressText, parseAddress } from '../../net/networks.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { Defer, RaiseAlert, UseWatch } from './alerts.ts';

/** A network is kept for so long, or two thirds of it after the key's last use from there. */
const networkKeptMs = 90 * dayMs;
/** That a key was used at all is known for longer: a key that slept must not wake up unseen. */
const useKeptMs = 730 * dayMs;
/** After this time a process asks the store about a network again. */
const rememberedForMs = 7 * dayMs;
/** Whatever failed or had no place is tried again then. */
const retryAfterMs = 10_000;
/** A key with more new networks than this in `roamingFor` is used from anywhere: there is nothing to tell. */
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
  /** The first makes names of networks, all find them. */
  hashKeys: readonly Buffer[];
  raise: RaiseAlert;
  later: Defer;
  clock: Clock;
}): UseWatch {
  /** A key's address, its network, or a key that roams, to the instant until which there is nothing to ask. */
  const quietUntil = createRecent<number>(maxRemembered);
  const isQuiet = (name: string, now: number) => (quietUntil.get(name) ?? 0) > now;

  /** What is kept of a network of a key, or (without one) of its use; under the newest name. */
  const entryOf = (
    keyId: string,
    network: string,
    expiresAt: number,
  ): Artifact & { ids: string[] } => {
    const ids = hashKeys.map((key) => hmacSha256(key, `${keyId} ${network}`));
    return { kind: artifactKind, id: ids[0] ?? '', ids, payload: {}, expiresAt };
  };

  /** Whether it is kept, by whatever name; if so, it will be kept for its whole time again, or nearly. */
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

  /** Answers until when this is settled. */
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
    // What was not told, as another network was in this hour, is new in the next one still.
    if (!(await raise(record, 'new_network', { network }))) return now - (now % hourMs) + hourMs;
    if (await keep(here, now)) await counters.add(roaming, 1, roamingWindowMs, now);
    return now + rememberedForMs;
  };

  return {
    observe({ record, ip, outcome }, now) {
      // A denied call got nowhere, from wherever it came.
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
      // Its network need not be worked out at each request.
      quietUntil.set(addressName, Math.min(quietUntil.get(networkName) ?? 0, now + retryAfterMs));
    },
  };
}

/** `203.0.113.0/24`, `2001:db8:1::/48`; undefined for what is no address. */
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
