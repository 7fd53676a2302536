/**
 * What the verifier says about itself: events for the hook, counters for metrics. It decides nothing, and
 * a hook that throws disturbs nothing.
 */
import type { ErrorCode } from './errors.ts';

/** What can get out of sight; `api_keys`: Cardea's word on API keys, missed when it is asked for. */
export type Source = 'status_list' | 'keys' | 'api_keys';

export type VerifierEvent =
  /** Revocations after `known_until` (seconds since the epoch; 0: never known) are not known. */
  | { type: 'blind'; source: Source; uri: string; known_until: number }
  | { type: 'recovered'; source: Source; uri: string }
  /** A first token that points at this list was met. */
  | { type: 'list_followed'; uri: string }
  /** `idle`: no token has pointed at it for long; `limit`: more lists are in use than may be kept. */
  | { type: 'list_forgotten'; uri: string; reason: 'idle' | 'limit' }
  /** The issuer knows it no more: its tokens are refused. */
  | { type: 'list_gone'; uri: string }
  /** What came is not a newer, valid list of the issuer; the last good one is kept. */
  | { type: 'list_refused'; uri: string; reason: string }
  | { type: 'fetch_failed'; uri: string; reason: string }
  /** By key id. */
  | { type: 'keys_changed'; added: string[]; removed: string[] }
  | { type: 'replay_cache_full' }
  /** Somebody sent an API key in a URL, where logs keep it. `display`: its ends only, as Cardea lists it. */
  | { type: 'key_in_query'; display: string };

/** Totals count from the creation of the verifier. */
export type VerifierMetrics = {
  verified_total: number;
  /** Accepted though it was not known whether they were revoked (`when_blind: 'accept'`). */
  accepted_blind_total: number;
  refused_total: Partial<Record<ErrorCode, number>>;
  list_updates_total: number;
  lists_refused_total: number;
  fetch_failures_total: number;
  keys_fetches_total: number;
  /** Questions about API keys; each is about one or many. */
  api_key_requests_total: number;
  /** Uses of API keys that the answer of a moment ago covered. */
  api_key_cache_hits_total: number;
  /** Whether any list in use, or the keys, are older than `max_staleness` allows, or Cardea did not answer about API keys. */
  blind: boolean;
  lists: number;
  /** Memory of all lists, in bytes. */
  list_bytes: number;
  /** Seconds since the oldest list in use was certainly complete; 0 without lists. */
  oldest_list_age: number;
  /** DPoP proofs that are remembered. */
  proofs: number;
  /** API keys that are remembered, valid or not. */
  api_keys: number;
};

export type Counters = Omit<
  VerifierMetrics,
  'blind' | 'lists' | 'list_bytes' | 'oldest_list_age' | 'proofs' | 'api_keys'
>;

export type Report = {
  counters: Counters;
  event(event: VerifierEvent): void;
  /** Tells of a change only. `knownUntil` in seconds since the epoch. */
  sight(source: Source, uri: string, blind: boolean, knownUntil: number): void;
  /** A source that is followed no more. */
  forget(uri: string): void;
  isBlind(): boolean;
};

export function createReport(hook: ((event: VerifierEvent) => void) | undefined): Report {
  const blindSources = new Set<string>();
  const counters: Counters = {
    verified_total: 0,
    accepted_blind_total: 0,
    refused_total: {},
    list_updates_total: 0,
    lists_refused_total: 0,
    fetch_failures_total: 0,
    keys_fetches_total: 0,
    api_key_requests_total: 0,
    api_key_cache_hits_total: 0,
  };
  const event = (happened: VerifierEvent) => {
    if (happened.type === 'list_refused') counters.lists_refused_total += 1;
    if (happened.type === 'fetch_failed') counters.fetch_failures_total += 1;
    try {
      hook?.(happened);
    } catch {
      // The hook's own trouble: verification goes on.
    }
  };

  return {
    counters,
    event,
    sight(source, uri, blind, knownUntil) {
      if (blind === blindSources.has(uri)) return;
      if (blind) {
        blindSources.add(uri);
        event({ type: 'blind', source, uri, known_until: knownUntil });
      } else {
        blindSources.delete(uri);
        event({ type: 'recovered', source, uri });
      }
    },
    forget: (uri) => void blindSources.delete(uri),
    isBlind: () => blindSources.size > 0,
  };
}
