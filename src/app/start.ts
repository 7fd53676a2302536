/**
 * What every step of the server's start needs.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { StatisticsRecorder } from '../statistics/room.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Spans } from '../telemetry/tracing/spans.ts';
import type { Services } from './services.ts';

export type Start = {
  config: Config;
  /** The issuer's path without a trailing slash. */
  basePath: string;
  /** The first signs cookies; all of them verify. */
  cookieKeys: string[];
  log: Log;
  metrics: Metrics;
  statistics: StatisticsRecorder;
  /** Undefined: no traces. */
  spans: Spans | undefined;
  clock: Clock;
  services: Services;
  /** What was started. Disposed in reverse order when a later step fails or the server closes. */
  begun: AsyncDisposableStack;
};
