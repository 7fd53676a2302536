/**
 * What verifiers see of a revocation: looks up the revoked tokens in the status lists that a node serves.
 */
import type { CompactVerifyGetKey } from 'jose';
import { openTokenReading } from '../../app/token_reading.ts';
import { clockSkewMs } from '../../clock.ts';
import {
  createProjection,
  createRevokedRanges,
  type RevocationMarker,
  statusListUri,
} from '../../tokens/room.ts';
import {
  readStatusList,
  type StatusList,
  statusAt,
} from '../../verifier/status_lists/status_list.ts';
import type { OperatorContext } from '../context.ts';

export type Effect = {
  /**
   * `confirmed`: a node's status lists show every checked token as revoked; `pending`: some are not, even after the
   * promised time; `nothing_listed`: no revoked token is in a status list; `no_node`: no node responded.
   */
  state: 'confirmed' | 'pending' | 'nothing_listed' | 'no_node';
  /** The node's URL. */
  node?: string;
  /** How many tokens were checked, and how many of them verifiers refuse. */
  looked_up: number;
  refused: number;
};

/** A token's entry in a status list, as verifiers address it. */
type Place = { list: string; index: number };

/** Enough to see that the lists are up to date, without looking at a million places; some of each list. */
const mostPlaces = 1000;
const mostOfList = 100;
const answerMs = 2000;
const pauseMs = 200;
const maxListBytes = 1024 * 1024;

/**
 * Polls until every token is refused, for at most `effectiveWithin` plus one second. Never throws because of a node's
 * response, or the lack of one.
 */
export async function lookAtStatusLists(
  context: OperatorContext,
  {
    marked,
    listed,
    effectiveWithin,
  }: {
    marked: readonly RevocationMarker[];
    /** Single tokens, by their own status list entry. */
    listed: readonly { list: string; index: number }[];
    /** Seconds. */
    effectiveWithin: number;
  },
): Promise<Effect> {
  const places = await placesOf(context, marked, listed);
  if (places.length === 0) return { state: 'nothing_listed', looked_up: 0, refused: 0 };
  const read = await createListReader(context);
  const deadline = performance.now() + (effectiveWithin + 1) * 1000;
  const base = await reachableNode(context, places[0], read);
  if (!base) return { state: 'no_node', looked_up: 0, refused: 0 };
  for (;;) {
    const refused = await countRefused(places, (place) => read(base, place));
    const seen = { node: base, looked_up: places.length, refused };
    if (refused === places.length) return { state: 'confirmed', ...seen };
    if (performance.now() > deadline) return { state: 'pending', ...seen };
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function placesOf(
  { store, clock, statusLists }: OperatorContext,
  marked: readonly RevocationMarker[],
  listed: readonly { list: string; index: number }[],
): Promise<Place[]> {
  const places: Place[] = [...listed];
  const taken = new Map<string, number>();
  const { revokedIndexes } = createProjection({
    findRevokedRanges: createRevokedRanges({
      ...{ ranges: store.statusRanges, leases: store.statusLeases, clock },
    }),
    registry: (await statusLists()).registry,
  });
  for (const one of marked) {
    for await (const { list, indexes } of revokedIndexes(one)) {
      const before = taken.get(list) ?? 0;
      const left = Math.min(mostOfList - before, mostPlaces - places.length);
      const some = [...indexes.subarray(0, left)];
      places.push(...some.map((index) => ({ list, index })));
      taken.set(list, before + some.length);
      if (places.length >= mostPlaces) return places;
    }
  }
  return places;
}

type ReadList = (base: string, place: Place) => Promise<StatusList | undefined>;

/** Undefined if there is no such list, or no node of this issuer responds. */
async function createListReader(context: OperatorContext): Promise<ReadList> {
  const { snapshot } = await openTokenReading(context.config, context);
  const { published = [] } = snapshot() ?? {};
  const { issuer } = context.config;
  const keyOf: CompactVerifyGetKey = ({ kid, alg }) => {
    const key = published.find((one) => one.kid === kid && one.algorithm === alg);
    if (!key) throw new Error('not signed by a key of this issuer');
    return key.publicKey;
  };
  return async (base, { list }) => {
    try {
      const response = await fetch(statusListUri(base, list), {
        signal: AbortSignal.timeout(answerMs),
        headers: { 'cache-control': 'no-cache' },
        redirect: 'error',
      });
      if (!response.ok) return undefined;
      return await readStatusList(new Uint8Array(await response.arrayBuffer()), {
        ...{ uri: statusListUri(issuer, list), issuer, keyOf, maxBytes: maxListBytes },
        now: context.clock.now() / 1000,
        tolerance: clockSkewMs / 1000,
      });
    } catch {
      return undefined;
    }
  };
}

/** The node on this machine first, then the issuer's public URL. */
async function reachableNode(
  { config }: OperatorContext,
  place: Place | undefined,
  read: ReadList,
): Promise<string | undefined> {
  const { issuer, host, port } = config;
  const { pathname } = new URL(issuer);
  const local = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const name = local.includes(':') ? `[${local}]` : local;
  const bases = [`http://${name}:${port}${pathname.replace(/\/$/, '')}`, issuer];
  for (const base of bases) if (place && (await read(base, place))) return base;
  return undefined;
}

async function countRefused(
  places: readonly Place[],
  read: (place: Place) => Promise<StatusList | undefined>,
): Promise<number> {
  const lists = new Map<string, StatusList | undefined>();
  let refused = 0;
  for (const place of places) {
    if (!lists.has(place.list)) lists.set(place.list, await read(place));
    const list = lists.get(place.list);
    if (list && statusAt(list, place.index) !== 0) refused += 1;
  }
  return refused;
}
