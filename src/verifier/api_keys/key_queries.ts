/**
 * Asks Cardea about keys (`POST /api-keys/verify`). All pending queries go into one request, in batches if
 * necessary; Cardea counts each query as one use. Neither keys nor results are kept. Errors and events name no
 * key and have no cause, because a custom fetch might put the request into its errors.
 */

import type { ApiKeySettings } from '../options.ts';
import type { Reporter } from '../reporter.ts';
import type { IssuerHttp } from '../requests/issuer_requests.ts';
import { backoff } from '../timing.ts';
import { type KeyResult, readResults } from './key_results.ts';

/**
 * One use of a key, or a report of what happened without asking. `address`: of who uses it; empty if unknown.
 */
type KeyQuery = {
  key: string;
  address: string;
  /** The use was allowed already. */
  isUsed?: true;
  /** Not a use: how often it was refused, by reason. Only sent if Cardea accepts reports. */
  refused?: Readonly<Record<string, number>>;
  /** Not a use: the key was sent in a URL. Only sent if Cardea accepts reports. */
  isLeaked?: true;
};

type KeyResults = {
  results: KeyResult[];
  /** On the monotonic clock. Nothing that happened later is reflected in the results. */
  askedAt: number;
};

export type KeyQueries = {
  /** At most maxQueriesFor(key) queries. Rejects with KeysUnavailable. */
  ask(queries: readonly KeyQuery[]): Promise<KeyResults>;
  /** Whether Cardea, as of its last response, accepts reports of refusals and leaks. */
  takesReports(): boolean;
  /** Whether a recent request got no response. */
  isDown(): boolean;
};

/** Cardea did not respond usefully. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  /** True for an outage. False if Cardea refused to respond, and will until somebody fixes that. */
  readonly isOutage: boolean;

  constructor(reason: string, isOutage: boolean) {
    super(reason);
    this.isOutage = isOutage;
  }
}

const maxQueries = 100;
/** Per request: Cardea accepts 64 KiB, and tokens are long. */
const maxCharacters = 48_000;
/** Per query, beside its key. */
const besideKey = 200;
const maxRequests = 4;
const maxWaitingQueries = 10_000;
const maxResponseBytes = 8_388_608;

/** How many queries about this key fit into one request. */
export function maxQueriesFor(key: string): number {
  const fitting = Math.floor(maxCharacters / (key.length + besideKey));
  return Math.min(maxQueries, Math.max(1, fitting));
}

type QueryBatch = {
  queries: readonly KeyQuery[];
  resolve: (results: KeyResults) => void;
  reject: (failure: KeysUnavailable) => void;
};

export function createKeyQueries({
  settings: { endpoint, clientId, clientSecret, timeoutMs },
  http,
  report,
}: {
  settings: ApiKeySettings;
  http: IssuerHttp;
  report: Reporter;
}): KeyQueries {
  // RFC 6749 section 2.3.1.
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    'content-type': 'application/json',
  };
  let waiting: QueryBatch[] = [];
  let waitingCount = 0;
  let requests = 0;
  let failures = 0;
  let downUntil = Number.NEGATIVE_INFINITY;
  let answeredAt = 0;
  let takesReports = false;

  const post = async (queries: readonly KeyQuery[]): Promise<KeyResults> => {
    const askedAt = performance.now();
    const keys = queries.map(({ key, address, isUsed, refused, isLeaked }) => ({
      key,
      ...(address !== '' && { ip: address }),
      ...(isUsed && takesReports && { used: true }),
      ...(refused && { refused }),
      ...(isLeaked && { leaked: 'query_string' }),
    }));
    report.counters.api_key_requests_total += 1;
    const response = await http
      .post(endpoint, {
        headers,
        body: JSON.stringify({ keys }),
        timeoutMs,
        maxBytes: maxResponseBytes,
      })
      .catch((failure: Error) => {
        throw new KeysUnavailable(failure.message, true);
      });
    const { status, body } = response;
    if (status !== 200) {
      throw new KeysUnavailable(`answered ${status}`, status >= 500 || status === 429);
    }
    const read = readResults(body, queries.length);
    if (!read) throw new KeysUnavailable('unusable response', true);
    takesReports = read.takesReports;
    return { results: read.results, askedAt };
  };

  const succeeded = () => {
    failures = 0;
    downUntil = Number.NEGATIVE_INFINITY;
    answeredAt = Math.floor(Date.now() / 1000);
    report.setBlind('api_keys', endpoint, false, answeredAt);
  };

  const failed = (failure: KeysUnavailable) => {
    failures += 1;
    downUntil = performance.now() + backoff(failures, 500, 5000);
    report.event({ type: 'fetch_failed', uri: endpoint, reason: failure.message });
    report.setBlind('api_keys', endpoint, true, answeredAt);
    // They have waited already, and would wait as long again.
    for (const { reject } of waiting) reject(failure);
    waiting = [];
    waitingCount = 0;
  };

  const exchange = async (groups: readonly QueryBatch[]) => {
    try {
      const { results, askedAt } = await post(groups.flatMap(({ queries }) => queries));
      succeeded();
      let from = 0;
      for (const { queries, resolve } of groups) {
        resolve({ results: results.slice(from, from + queries.length), askedAt });
        from += queries.length;
      }
    } catch (cause) {
      const failure =
        cause instanceof KeysUnavailable ? cause : new KeysUnavailable('unusable response', true);
      for (const { reject } of groups) reject(failure);
      failed(failure);
    }
  };

  /** The first pending batches, as many as fit into one request. */
  const nextGroups = (): QueryBatch[] => {
    let count = 0;
    let characters = 0;
    const fits = ({ queries }: QueryBatch) => {
      const isFirst = count === 0;
      count += queries.length;
      for (const { key } of queries) characters += key.length + besideKey;
      return isFirst || (count <= maxQueries && characters <= maxCharacters);
    };
    const end = waiting.findIndex((group) => !fits(group));
    const groups = waiting.splice(0, end < 0 ? waiting.length : end);
    for (const { queries } of groups) waitingCount -= queries.length;
    return groups;
  };

  const pump = () => {
    while (requests < maxRequests && waiting.length > 0) {
      requests += 1;
      exchange(nextGroups()).finally(() => {
        requests -= 1;
        pump();
      });
    }
  };

  return {
    ask(queries) {
      // During an outage, a single request at a time probes whether Cardea is back.
      const isHopeless = failures >= 2 && requests > 0;
      if (isHopeless || waitingCount + queries.length > maxWaitingQueries) {
        return Promise.reject(new KeysUnavailable('no response expected', true));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ queries, resolve, reject });
        waitingCount += queries.length;
        // Deferred, so that queries of the same turn of the event loop share a request.
        queueMicrotask(pump);
      });
    },
    takesReports: () => takesReports,
    isDown: () => performance.now() < downUntil,
  };
}
