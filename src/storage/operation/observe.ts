/**
 * Watches a store: each operation's name, duration and outcome go to an observer (metrics), and to the trace of the
 * request that it is for. It changes nothing of what the store does.
 */
import type { Step } from '../../telemetry/tracing/spans.ts';
import type { Store, StoreObserver } from '../store.ts';

/**
 * The same store; each operation is reported as `artifacts.find`, `users.create`, `ping` and so on. `onFailure` is
 * called for those that failed only. `step`: each is a span, too.
 */
export function observeStore(
  store: Store,
  observe: StoreObserver,
  { onFailure = () => {}, step }: { onFailure?: (() => void) | undefined; step?: Step | undefined },
): Store {
  const watched = <Arguments extends unknown[], Result>(
    operation: string,
    run: (...args: Arguments) => Promise<Result>,
  ) => {
    const measured = async (...args: Arguments): Promise<Result> => {
      const start = performance.now();
      let failed = true;
      try {
        const result = await run(...args);
        failed = false;
        return result;
      } finally {
        observe(operation, (performance.now() - start) / 1000, failed);
        if (failed) onFailure();
      }
    };
    if (!step) return measured;
    const attributes = { 'db.system.name': store.engine, 'db.operation.name': operation };
    return (...args: Arguments) => step(operation, () => measured(...args), attributes);
  };
  const concern = <Part extends object>(name: string, part: Part): Part =>
    Object.fromEntries(
      Object.entries(part).map(([method, run]) => [method, watched(`${name}.${method}`, run)]),
    ) as Part;

  return {
    engine: store.engine,
    apiKeys: concern('apiKeys', store.apiKeys),
    apis: concern('apis', store.apis),
    artifacts: concern('artifacts', store.artifacts),
    audit: concern('audit', store.audit),
    auditChains: concern('auditChains', store.auditChains),
    authenticators: concern('authenticators', store.authenticators),
    clients: concern('clients', store.clients),
    counters: concern('counters', store.counters),
    deliveries: concern('deliveries', store.deliveries),
    documents: concern('documents', store.documents),
    groups: concern('groups', store.groups),
    projects: concern('projects', store.projects),
    refusals: concern('refusals', store.refusals),
    revocations: concern('revocations', store.revocations),
    search: concern('search', store.search),
    statistics: concern('statistics', store.statistics),
    statusLeases: concern('statusLeases', store.statusLeases),
    statusRanges: concern('statusRanges', store.statusRanges),
    usage: concern('usage', store.usage),
    users: concern('users', store.users),
    ping: watched('ping', store.ping),
    purge: watched('purge', store.purge),
    close: store.close,
  };
}
