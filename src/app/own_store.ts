/**
 * Opens the server's store: measured by metrics, shown in traces, and claimed for this issuer.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { claimStore } from '../storage/identity.ts';
import { openStore } from '../storage/open.ts';
import { createWriteProbe } from '../storage/operation/write_probe.ts';
import type { Store } from '../storage/store.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Step } from '../telemetry/tracing/spans.ts';

export type OwnStore = {
  store: Store;
  /** Throws StoreUnavailableError when the store does not answer, or takes no writes. */
  ping(): Promise<void>;
};

/** Creates or migrates the store if needed. Throws what openStore() and claimStore() throw. */
export async function openOwnStore({
  config: { issuer, developmentMode, store: url },
  metrics,
  step,
  clock,
}: {
  config: Pick<Config, 'issuer' | 'developmentMode' | 'store'>;
  metrics: Pick<Metrics, 'observeStore'>;
  step: Step | undefined;
  clock: Clock;
}): Promise<OwnStore> {
  const store = await openStore({
    ...{ url, clock, step },
    observe: metrics.observeStore,
    onFailure: () => probe.suspect(),
  });
  const probe = createWriteProbe({ documents: store.documents, clock });
  try {
    await claimStore(store.documents, { issuer, development: developmentMode });
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    store,
    async ping() {
      await store.ping();
      await probe.assertWritable();
    },
  };
}
