/**
 * What a worker measures, for Prometheus. Owns names, labels and their limits; nothing else imports
 * prom-client. No label has a value that a stranger can choose: each value is a time series.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AlertKind, LeakSource } from '../definitions/api_keys.ts';
import { knownMethods } from '../definitions/http.ts';
import type { StoreObserver } from '../storage/store.ts';
import { grantTypeLabel } from './grant_type_labels.ts';
import type { MetricsSnapshot } from './metrics_snapshot.ts';
import { createPlainCounter, createPlainHistogram } from './plain_metrics.ts';

type RequestMeasurement = {
  /** From a fixed set: a route's name or pattern. */
  route: string;
  method: string;
  status: number;
  /** The client left before the response was complete. */
  aborted: boolean;
  seconds: number;
};

type TokenMeasurement = {
  /** As in the request. Unknown ones are counted as `other`. */
  grantType: string;
  clientKind: 'confidential' | 'public';
};

export type WebhookOutcome = 'delivered' | 'failed' | 'dropped';
/** Of a sign-in at a provider; `proven`: it says who it is. */
type ProviderOutcome = 'proven' | 'declined' | 'unavailable' | 'failed' | 'not_fresh';
/** Of a registration; `unsolved`: asked for without a proof of work, `refused`: too often. */
export type RegistrationStep = 'asked' | 'unsolved' | 'refused' | 'finished';
export type MailOutcome = 'sent' | 'deferred' | 'dropped';

/** What was reported about an API key. `what` says where it leaked, or what was unusual. */
export type ApiKeyNotice =
  | { event: 'expiring' }
  | { event: 'leaked'; what: LeakSource }
  | { event: 'alert'; what: AlertKind };

export type Metrics = {
  observeRequest(measurement: RequestMeasurement): void;
  countToken(measurement: TokenMeasurement): void;
  observeStore: StoreObserver;
  countWebhook(outcome: WebhookOutcome): void;
  countMail(outcome: MailOutcome): void;
  countRegistration(step: RegistrationStep): void;
  /** `provider`: its id in the configuration. */
  countProviderSignIn(provider: string, outcome: ProviderOutcome): void;
  countApiKeyNotice(notice: ApiKeyNotice): void;
  /** Calls `read` at each scrape: password hashes being computed and waiting. */
  watchPasswordQueue(read: () => { running: number; waiting: number }): void;
  /** Calls `read` at each scrape: the current signing key's age in seconds. Undefined if there is none. */
  watchSigningKeyAge(read: () => number | undefined): void;
  /** Calls `read` at each scrape: for how many seconds the status lists have not followed the store. */
  watchStatusLists(read: () => number): void;
  /** Calls `read` at each scrape: mails that wait, of all nodes. Undefined: the store does not answer. */
  watchMails(read: () => Promise<number | undefined>): void;
  /** Calls `read` at each scrape: verdicts about API keys so far, by name. The names are few and fixed. */
  watchApiKeyVerdicts(read: () => Readonly<Record<string, number>>): void;
  snapshot(): Promise<MetricsSnapshot>;
};

const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const storeBuckets = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

export function createMetrics(): Metrics {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const requests = createPlainCounter({
    name: 'cardea_http_requests_total',
    help: 'Requests answered, by route, method and outcome.',
    labelNames: ['route', 'method', 'outcome'],
  });
  const requestSeconds = createPlainHistogram({
    name: 'cardea_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response, by route.',
    labelNames: ['route'],
    buckets: requestBuckets,
  });
  const tokens = createPlainCounter({
    name: 'cardea_tokens_issued_total',
    help: 'Token endpoint responses that contain tokens, by grant type and kind of client.',
    labelNames: ['grant_type', 'client'],
  });
  const storeSeconds = createPlainHistogram({
    name: 'cardea_store_operation_duration_seconds',
    help: 'Duration of store operations, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    buckets: storeBuckets,
  });
  const frequent = [requests, requestSeconds, tokens, storeSeconds];

  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'cardea_workers',
    help: 'Processes that serve requests.',
    aggregator: 'sum',
    registers,
  }).set(1);

  const webhooks = new Counter({
    name: 'cardea_webhook_attempts_total',
    help: 'Webhooks delivered, attempts that failed and are retried, and webhooks dropped.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const providerSignIns = new Counter({
    name: 'cardea_provider_sign_ins_total',
    help: 'Sign-ins that came back from another provider, by its id and what came of them.',
    labelNames: ['provider', 'outcome'] as const,
    registers,
  });
  const registrations = new Counter({
    name: 'cardea_registrations_total',
    help: 'Registrations of people that were asked for (unsolved: without a proof of work), refused as too many, and finished.',
    labelNames: ['step'] as const,
    registers,
  });
  const mails = new Counter({
    name: 'cardea_mail_attempts_total',
    help: 'Mails that the server took, attempts that it did not take and are repeated, and mails given up.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const keyNotices = new Counter({
    name: 'cardea_api_key_notices_total',
    help: 'Notices about API keys: expiring, leaked, or used in an unusual way.',
    labelNames: ['event', 'what'] as const,
    registers,
  });

  return {
    observeRequest({ route, method, status, aborted, seconds }) {
      const knownMethod = knownMethods.has(method) ? method : 'other';
      requests.count(route, knownMethod, requestOutcome(status, aborted));
      requestSeconds.observe(seconds, route);
    },
    countToken({ grantType, clientKind }) {
      tokens.count(grantTypeLabel(grantType), clientKind);
    },
    observeStore(operation, seconds, failed) {
      storeSeconds.observe(seconds, operation, failed ? 'failed' : 'ok');
    },
    countWebhook(outcome) {
      webhooks.inc({ outcome });
    },
    countRegistration(step) {
      registrations.inc({ step });
    },
    countProviderSignIn(provider, outcome) {
      providerSignIns.inc({ provider, outcome });
    },
    countMail(outcome) {
      mails.inc({ outcome });
    },
    countApiKeyNotice(notice) {
      keyNotices.inc({ event: notice.event, what: 'what' in notice ? notice.what : '' });
    },
    watchPasswordQueue(read) {
      new Gauge({
        name: 'cardea_password_hashing',
        help: 'Password hashes (argon2id) being computed and waiting.',
        labelNames: ['state'] as const,
        aggregator: 'sum',
        registers,
        collect() {
          const { running, waiting } = read();
          this.set({ state: 'running' }, running);
          this.set({ state: 'waiting' }, waiting);
        },
      });
    },
    watchSigningKeyAge(read) {
      new Gauge({
        name: 'cardea_signing_key_age_seconds',
        help: 'Age of the current signing key. With several workers, the oldest that any of them uses.',
        aggregator: 'max',
        registers,
        collect() {
          const age = read();
          if (age !== undefined) this.set(age);
        },
      });
    },
    watchStatusLists(read) {
      new Gauge({
        name: 'cardea_status_lists_behind_seconds',
        help: 'How long ago the status lists were last up to date. With several workers, the longest.',
        aggregator: 'max',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    watchMails(read) {
      new Gauge({
        name: 'cardea_mails_waiting',
        help: 'Mails that are still to be sent, of all nodes. Counted up to 1000.',
        // Each worker sees the same queue.
        aggregator: 'max',
        registers,
        async collect() {
          const waiting = await read();
          if (waiting !== undefined) this.set(waiting);
        },
      });
    },
    watchApiKeyVerdicts(read) {
      new Counter({
        name: 'cardea_api_key_verifications_total',
        help: 'API key verifications that count as a use, by outcome.',
        labelNames: ['outcome'] as const,
        registers,
        // Thousands a second are counted elsewhere as plain numbers: the library would build a text for each.
        collect() {
          this.reset();
          for (const [outcome, count] of Object.entries(read())) this.inc({ outcome }, count);
        },
      });
    },
    snapshot: async () => [
      ...(await readRegistry(ofProcess)),
      ...frequent.map((metric) => metric.read()),
      ...(await readRegistry(registry)),
    ],
  };
}

/** The library's types say numbers for `type`; it returns these words. */
async function readRegistry(registry: Registry): Promise<MetricsSnapshot> {
  return (await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot;
}

function requestOutcome(status: number, aborted: boolean): string {
  if (aborted) return 'aborted';
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'client_error' : 'ok';
}
