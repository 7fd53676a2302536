/**
 * Where keys are used from: a key's first use from a network (/24, IPv6 /48) that it was not used from in the
 * last months is told; that from its very first one is not. Networks are kept in the store as keyed hashes, so
 * that a restart and the other processes know them, and nobody who reads the store does.
 */
import ipaddr from 'ipaddr.js';
import type { Clock } from '../clock.ts';
import { addressText, parseAddress } from '../http/networks.ts';
import { hmacSha256 } from '../ids.ts';
import type { ApiKeyRecord } from '../storage/api_keys.ts';
import type { Artifact, ArtifactStore } from '../storage/artifacts.ts';
import type { CounterStore } from '../storage/counters.ts';
import type { Later, Raise, Watch } from './alerts.ts';
import { createRecent } from './recent.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A network is kept for so long, or two thirds of it after the key's last use from there. */
const knownFor = 90 * dayMs;
/** That a key was used at all is known for longer: a key that slept must not wake up unseen. */
const usedFor = 730 * dayMs;
/** After this time a process asks the store about a network again. */
const rememberedFor = 7 * dayMs;
/** Whatever failed or had no place is tried again then. */
const retriedAfter = 10_000;
/** A key with more new networks than this in `roamingFor` is used from anywhere: there is nothing to tell. */
const mostNetworks = 64;
const roamingFor = 30 * dayMs;
const mostRemembered = 50_000;

const kind = 'ApiKeyNetwork';

export function createNetworkWatch({
  artifacts,
  counters,
  key,
  raise,
  later,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'insert' | 'find' | 'put'>;
  counters: CounterStore;
  key: Buffer;
  raise: Raise;
  later: Later;
  clock: Clock;
}): Watch {
  /** A key's address, its network, or a key that roams, to the instant until which there is nothing to ask. */
  const quietUntil = createRecent<number>(mostRemembered);
  const isQuiet = (name: string, now: number) => (quietUntil.get(name) ?? 0) > now;
  const idOf = (keyId: string, network: string) => hmacSha256(key, `${keyId} ${network}`);

  const renew = async (found: Artifact, now: number, lifetime: number) => {
    if (found.expiresAt - now < (2 / 3) * lifetime) {
      await artifacts.put({ ...found, expiresAt: now + lifetime });
    }
  };

  /** Answers until when this is settled. */
  const settle = async (record: ApiKeyRecord, network: string): Promise<number> => {
    const now = clock.now();
    const entry = (name: string, lifetime: number): Artifact => ({
      ...{ kind, id: idOf(record.id, name), payload: {}, expiresAt: now + lifetime },
    });
    const [here, used] = [entry(network, knownFor), entry('', usedFor)];
    const known = await artifacts.find(kind, here.id, now);
    const usedBefore = await artifacts.find(kind, used.id, now);
    if (usedBefore) await renew(usedBefore, now, usedFor);
    if (known) {
      await renew(known, now, knownFor);
      return now + rememberedFor;
    }
    if (!usedBefore) {
      await artifacts.insert(here, now);
      await artifacts.insert(used, now);
      return now + rememberedFor;
    }
    const roaming = `api_key_networks:${record.id}`;
    const { count, resetAt } = await counters.add(roaming, 0, roamingFor, now);
    if (count >= mostNetworks) {
      quietUntil.set(record.id, resetAt);
      return resetAt;
    }
    // What was not told, as another network was in this hour, is new in the next one still.
    if (!(await raise(record, 'new_network', { network }))) return now - (now % hourMs) + hourMs;
    if (await artifacts.insert(here, now)) await counters.add(roaming, 1, roamingFor, now);
    return now + rememberedFor;
  };

  return {
    observe({ record, ip, outcome }, now) {
      // A denied call got nowhere, from wherever it came.
      if (ip === undefined || outcome === 'denied') return;
      const place = `${record.id} ${ip}`;
      if (isQuiet(place, now) || isQuiet(record.id, now)) return;
      const network = networkOf(ip);
      if (network === undefined) return;
      const area = `${record.id} ${network}`;
      if (!isQuiet(area, now)) {
        const isUnderWay = later(async () => {
          quietUntil.set(area, await settle(record, network));
        });
        if (!isUnderWay) return;
        quietUntil.set(area, now + retriedAfter);
      }
      // Its network need not be worked out at each request.
      quietUntil.set(place, Math.min(quietUntil.get(area) ?? 0, now + retriedAfter));
    },
  };
}

/** `203.0.113.0/24`, `2001:db8:1::/48`; undefined for what is no address. */
function networkOf(ip: string): string | undefined {
  const address = parseAddress(ip);
  if (!address) return undefined;
  const [type, bits] =
    address instanceof ipaddr.IPv6 ? ([ipaddr.IPv6, 48] as const) : ([ipaddr.IPv4, 24] as const);
  const network = type.networkAddressFromCIDR(`${addressText(address)}/${bits}`);
  return `${addressText(network)}/${bits}`;
}
