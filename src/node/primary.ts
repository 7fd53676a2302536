/**
 * The primary of a node: keeps its workers running, tells a crash from a crash loop, serves the management
 * port for all of them, and stops them cleanly. It serves no requests.
 */
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { Config } from '../config/config.ts';
import type { ProcessLog } from '../telemetry/log.ts';
import type { MetricsSnapshot } from '../telemetry/metrics_snapshot.ts';
import { createNodeMetrics } from '../telemetry/node_metrics.ts';
import { version } from '../version.ts';
import { closeUndelivered } from './handoffs.ts';
import { createListener } from './listener.ts';
import { createManagement } from './management.ts';
import { createRestarts } from './restarts.ts';
import type { NodeOptions } from './run_node.ts';
import { startFailure } from './start_failure.ts';
import { onStopSignals } from './stop_signals.ts';
import { asMessage, createQuestions, sendToWorker, type ToPrimary } from './worker_messages.ts';

/** Milliseconds: the time for requests to finish, and a little more to close the store. */
const stopDeadline = 15_000;

type WorkerSlot = { slot: number; worker: ClusterWorker; startedAt: number; started: boolean };

/**
 * A request leaves little behind, so a small young generation loses little: docs/operations.md has what was measured.
 * By default the engine lets each worker grow by hundreds of megabytes before it collects garbage.
 */
const workerFlags = ['--max-semi-space-size=16', '--max-old-space-size=160'];

export function runPrimary({
  config,
  workerModule,
  log,
  onListening,
}: NodeOptions): Promise<number> {
  cluster.setupPrimary({
    exec: workerModule,
    args: [],
    execArgv: [...process.execArgv, ...workerFlags],
    serialization: 'advanced',
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const processes = new Map<number, WorkerSlot>();
  const questions = createQuestions({ timeoutMs: 1500 });
  const restarts = createRestarts();
  const nodeMetrics = createNodeMetrics();
  let exitCode: number | undefined;
  let everStarted = false;

  const management = createListener({
    handler: createManagement({
      ready: async () => {
        const started = startedOnes();
        const answers = await Promise.all(started.map((w) => questions.ask(w, 'ready')));
        return exitCode === undefined && answers.length > 0 && answers.every((a) => a === true);
      },
      metrics: async () => {
        await Promise.all(
          startedOnes().map(async (worker) => {
            const snapshot = await questions.ask(worker, 'metrics');
            if (snapshot && processes.has(worker.id)) {
              nodeMetrics.update(worker.id, snapshot as MetricsSnapshot);
            }
          }),
        );
        return nodeMetrics.exposition();
      },
      log,
    }).callback(),
    host: config.managementHost,
    port: config.managementPort,
    portVariable: 'CARDEA_MANAGEMENT_PORT',
    log,
  });
  const startedOnes = () => [...processes.values()].filter((p) => p.started).map((p) => p.worker);

  const fork = (slot: number) => {
    if (exitCode !== undefined) return;
    const worker = cluster.fork({ MALLOC_ARENA_MAX: '2', ...process.env });
    closeUndelivered(worker);
    sendToWorker(worker, { to: 'worker', say: 'start', config, isFirst: slot === 1 });
    processes.set(worker.id, { slot, worker, startedAt: performance.now(), started: false });
  };
  const finish = async (code: number) => {
    await management.close();
    if (code === 0) log.info({}, 'stopped');
    end(code);
  };
  const stop = (code: number) => {
    if (exitCode !== undefined) return;
    exitCode = code;
    for (const { worker } of processes.values())
      sendToWorker(worker, { to: 'worker', say: 'stop' });
    setTimeout(() => {
      log.error({ workers: processes.size }, 'workers killed: closing took too long');
      kill();
    }, stopDeadline).unref();
    if (processes.size === 0) void finish(code);
  };
  const kill = () => {
    exitCode = 1;
    for (const { worker } of processes.values()) worker.process.kill('SIGKILL');
  };
  const fail = (reason: string) => {
    if (exitCode === undefined) {
      log.fatal({ reason, version }, everStarted ? 'node failed' : 'could not start');
    }
    stop(1);
  };

  const managementPort = management.listen();
  cluster.on('message', async (worker, raw) => {
    const message = asMessage<ToPrimary>('primary', raw);
    if (!message) return;
    if ('answer' in message) return questions.answered(message);
    if (message.say === 'failed') {
      // What prevents the first start (a port in use, a database that is too new) would prevent every later one.
      if (!everStarted) return fail(message.reason);
      const { slot } = processes.get(worker.id) ?? {};
      return log.error({ worker: slot, reason: message.reason }, 'worker failed');
    }
    const process = processes.get(worker.id);
    if (process) process.started = true;
    if (everStarted) return log.info({ worker: process?.slot }, 'worker started');
    everStarted = true;
    for (let slot = 2; slot <= config.workers; slot += 1) fork(slot);
    const port = await managementPort.catch(() => undefined);
    if (port === undefined || exitCode !== undefined) return;
    const { workers } = config;
    log.info({ port: message.port, management_port: port, workers, version }, 'listening');
    onListening?.({ port: message.port, managementPort: port });
  });

  cluster.on('exit', (worker, code, signal) => {
    const process = processes.get(worker.id);
    if (!process) return;
    processes.delete(worker.id);
    nodeMetrics.retire(worker.id);
    if (exitCode !== undefined) {
      if (processes.size === 0) void finish(exitCode);
      return;
    }
    const { slot, startedAt, started } = process;
    const livedMs = Math.round(performance.now() - startedAt);
    const died = {
      worker: slot,
      worker_pid: worker.process.pid,
      exit_code: code,
      signal,
      lived_ms: livedMs,
    };
    log.error(died, 'worker died');
    const decision = restarts.afterDeath({ slot, livedMs, started, code, signal });
    if (decision === 'give_up') return fail(`Worker ${slot} keeps dying right after it starts.`);
    setTimeout(() => fork(slot), decision.delayMs);
  });

  onStopSignals({ stop: () => stop(0), kill, log });
  const begin = async () => {
    // Before a worker opens and changes the store. Reports both ports at once.
    const ports = await Promise.allSettled([assertPortAvailable(config, log), managementPort]);
    const reasons = ports.flatMap((port) =>
      port.status === 'rejected' ? [startFailure(port.reason)] : [],
    );
    if (reasons.length > 0) return fail(reasons.join(' '));
    // The first worker applies the declarative file. The others start only after that.
    fork(1);
  };
  void begin();
  return ended;
}

/** Throws what listening on the public port would throw. */
async function assertPortAvailable(
  { host, port }: Pick<Config, 'host' | 'port'>,
  log: ProcessLog,
): Promise<void> {
  const trial = createListener({
    ...{ handler: () => {}, host, port, portVariable: 'CARDEA_PORT', log },
  });
  await trial.listen();
  await trial.close();
}
