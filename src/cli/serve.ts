/**
 * `cardea serve`: runs a node until it receives a stop signal. Worker processes run worker_main.ts instead.
 */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { runNode } from '../node/run_node.ts';
import { createLog } from '../telemetry/log.ts';

type ServeOptions = { demo?: boolean; adoptStore?: boolean };

export function register(command: Command): void {
  command
    .option('--adopt-store', 'take over a store of another issuer, once: after a rename')
    .option('--demo', 'in development mode: run the demonstration app and API as well')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const config = await loadConfig(process.env);
  if (options.adoptStore) await adoptStore(config);
  const log = createLog({ level: config.logLevel, pretty: process.stdout.isTTY === true });
  const code = await runNode({
    config,
    log,
    workerModule: fileURLToPath(new URL('../node/worker_main.ts', import.meta.url)),
    onListening: () => {
      // In production, stdout holds JSON log lines only.
      if (config.developmentMode || process.stdout.isTTY) welcome(config, options);
    },
  });
  process.exit(code);
}

async function adoptStore({ issuer, developmentMode, store: url }: Config): Promise<void> {
  const { openStore } = await import('../storage/open.ts');
  const { claimStore } = await import('../storage/identity.ts');
  const store = await openStore({ url });
  const owner = { issuer, development: developmentMode };
  await claimStore(store.documents, owner, { adopt: true }).finally(() => store.close());
}

async function welcome(config: Config, options: ServeOptions): Promise<void> {
  const { showWelcome, showNoDemonstration, showSignIn } = await import('./welcome.ts');
  const { issuer, developmentMode, declaration } = config;
  const keepsMails = developmentMode && declaration.mail === undefined;
  const { CARDEA_CONFIG, CARDEA_CONFIG_FILE } = process.env;
  const isDemonstration =
    developmentMode && CARDEA_CONFIG === undefined && CARDEA_CONFIG_FILE === undefined;
  showWelcome({ issuer, developmentMode, isDemonstration, keepsMails });
  if (!options.demo) return;
  if (!isDemonstration) return showNoDemonstration();
  const { startDemonstration } = await import('./demonstration.ts');
  const demonstration = await startDemonstration(issuer);
  if (demonstration) showSignIn(demonstration);
}
