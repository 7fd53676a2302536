/**
 * What every step of a start works with.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Services } from './services.ts';

export type Start = {
  config: Config;
  /** The issuer's path, without a slash at its end. */
  basePath: string;
  /** The first signs cookies, all verify. */
  cookieKeys: string[];
  log: Log;
  metrics: Metrics;
  clock: Clock;
  services: Services;
  /** What was begun: ended, the last first, when a later step fails or the server closes. */
  begun: AsyncDisposableStack;
};
