/**
 * What the verifier reports about itself: events for the hook, counters for metrics. It decides nothing, and a
 * hook that throws has no effect on verification.
 */
import type { ErrorCode } from './errors.ts';

/**
 * What the verifier can lose sight of. `api_keys`: Cardea's verdicts on API keys, noticed when one is needed.
 */
type BlindSource = 'status_list' | 'keys' | 'api_keys';

export type VerifierEvent =
  /** Revocations after `known_until` (seconds since the epoch; 0: never known) are not known. */
  | { type: 'blind'; source: BlindSource; uri: string; known_until: number }
  | { type: 'recovered'; source: BlindSource; uri: string }
  /** The first token that points to this list was seen. */
  | { type: 'list_followed'; uri: string }
  /** `idle`: no token has pointed to it for long; `limit`: more lists are in use than may be kept. */
  | { type: 'list_forgotten'; uri: string; reason: 'idle' | 'limit' }
  /** The issuer no longer has the list: its tokens are refused. */
  | { type: 'list_gone'; uri: string }
  /** What was received is not a newer, valid list of the issuer; the last good one is kept. */
  | { type: 'list_refused'; uri: string; reason: string }
  | { type: 'fetch_failed'; uri: string; reason: string }
  /** Key ids. */
  | { type: 'keys_changed'; added: string[]; removed: string[] }
  | { type: 'replay_cache_full' }
  /**
   * Somebody sent an API key in a URL, where logs keep it. `display`: its first and last characters, as Cardea
   * shows it.
   */
  | { type: 'key_in_query'; display: string };

/** Totals count from the creation of the verifier. */
export type VerifierMetrics = {
  verified_total: number;
  /** Accepted although it was not known whether they were revoked (`when_blind: 'accept'`). */
  accepted_blind_total: number;
  refused_total: Partial<Record<ErrorCode, number>>;
  list_updates_total: number;
  lists_refused_total: number;
  fetch_failures_total: number;
  keys_fetches_total: number;
  /** Requests about API keys; each is about one or more. */
  api_key_requests_total: number;
  /** Uses of API keys that a very recent result covered. */
  api_key_cache_hits_total: number;
  /**
   * Whether any list in use or the keys are older than `max_staleness` allows, or Cardea did not respond about
   * API keys.
   */
  blind: boolean;
  lists: number;
  /** Memory used by all lists, in bytes. */
  list_bytes: number;
  /** Seconds since the oldest list in use was known to be complete; 0 without lists. */
  oldest_list_age: number;
  /** DPoP proofs that are remembered. */
  proofs: number;
  /** API keys that are remembered, valid or not. */
  api_keys: number;
};

type Counters = Omit<
  VerifierMetrics,
  'blind' | 'lists' | 'list_bytes' | 'oldest_list_age' | 'proofs' | 'api_keys'
>;

export type Reporter = {
  counters: Counters;
  event(event: VerifierEvent): void;
  /** Emits an event only when the state changes. `knownUntil` in seconds since the epoch. */
  setBlind(source: BlindSource, uri: string, blind: boolean, knownUntil: number): void;
  /** The source is no longer followed. */
  forget(uri: string): void;
  isBlind(): boolean;
};

export function createReporter(hook: ((event: VerifierEvent) => void) | undefined): Reporter {
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
      // A failing hook must not affect verification.
    }
  };

  return {
    counters,
    event,
    setBlind(source, uri, blind, knownUntil) {
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
