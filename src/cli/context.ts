/**
 * What commands work with: the configuration, and the services on its issuer's store. Everything is closed when the
 * command ends, even after a failure.
 */
import { createServices, type Services } from '../app/services.ts';
import type { AuditContext } from '../audit/room.ts';
import { systemClock as clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { StoreMissingError } from '../storage/errors.ts';
import { notAppliedYet, requireOwnStore } from '../storage/identity.ts';
import { openStore } from '../storage/open.ts';
import { type OutputOptions, remark } from './terminal/output.ts';
import { commandLog as log } from './terminal/stderr_log.ts';
import { namingStore, storeName } from './terminal/store_name.ts';

export type OperatorContext = Omit<Services, 'close' | 'config'> & {
  config: Config;
  /** Who runs the command, for the audit trail. */
  operator: AuditContext;
};

type Work<T> = (context: OperatorContext) => Promise<T>;

/**
 * Runs `work`, which only reads, on the configured issuer's store, and never creates a store. Throws ConfigError,
 * CardeaError `not_applied_yet` if no node has started on the store yet, `other_issuer` if it belongs to another
 * issuer, and whatever opening the store or `work` throws.
 */
export async function withContext<T>(work: Work<T>): Promise<T> {
  return onStore(await loadConfig(process.env), work);
}

/** The same for work that changes something: first names the store on stderr. */
export async function withChanges<T>({ json }: OutputOptions, work: Work<T>): Promise<T> {
  const config = await loadConfig(process.env);
  const { issuer, store, developmentMode } = config;
  const mode = developmentMode ? ' (development mode)' : '';
  const name = () => remark(`Issuer ${issuer}${mode}, store ${storeName(store)}`);
  // With --json, a failure is one JSON object on stderr and nothing else.
  if (json) {
    const result = await onStore(config, work);
    name();
    return result;
  }
  name();
  return onStore(config, work);
}

async function onStore<T>(config: Config, work: Work<T>): Promise<T> {
  const owner = { issuer: config.issuer, development: config.developmentMode };
  const store = await openStore({ url: config.store, clock, mustExist: true }).catch((error) => {
    throw error instanceof StoreMissingError
      ? notAppliedYet(owner)
      : namingStore(error, config.store);
  });
  const services = createServices({ config, store, clock, log });
  try {
    await requireOwnStore(store.documents, owner);
    await services.ready();
    return await work({ ...services, config, operator: { actor: 'operator' } });
  } finally {
    await services.close();
    await store.close();
  }
}
