/**
 * A real Cardea for a test: the whole application on a loopback port, in this process, over a given store.
 * Several of them on one store are several nodes.
 */
import { freePort } from '../../harness/free_port.ts';
import { testSecret } from '../../harness/test_secret.ts';
import { type App, createApp } from '../../src/app/server.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createHttpServer } from '../../src/node/ports.ts';
import { claimStore } from '../../src/storage/identity.ts';
import { openStore } from '../../src/storage/open.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';

export type TestServer = {
  issuer: string;
  /** Where this node listens; the issuer may be another node's. */
  url: string;
  /** The address of its store, for `openStore`. */
  store: string;
  app: App;
  /** Everything that was logged, as text. */
  logged(): string;
  /** What it has measured so far. */
  measured: Metrics['snapshot'];
  close(): Promise<void>;
};

export type TestServerOptions = {
  store: string;
  /** The declarative file as an object. */
  declaration?: object;
  secret?: string;
  /** Default: this node's own address. */
  issuer?: string;
  /** Where it listens; default: any port that is free. */
  port?: number;
  /** A path of that default issuer, such as `/auth`. */
  path?: string;
  clock?: Clock;
  /** Default: `info`. */
  logLevel?: 'info' | 'debug';
  /** As CARDEA_TRUSTED_PROXIES. Default: none. */
  trustedProxies?: string;
  /** Default: false. */
  developmentMode?: boolean;
};

/** What the file says, and what is default. All of it is on line 1. */
function fileOf(declaration: object): Config['file'] {
  const places = Object.entries(declaration).flatMap(([name, value]) =>
    Object.keys(value ?? {}).map((key) =>
      Array.isArray(value) ? `${name}[${key}]` : `${name}.${key}`,
    ),
  );
  return { name: 'cardea.yaml', lines: Object.fromEntries(places.map((place) => [place, 1])) };
}

async function adoptStore(url: string, issuer: string, development: boolean): Promise<void> {
  const store = await openStore({ url });
  await claimStore(store.documents, { issuer, development }, { adopt: true });
  await store.close();
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const issuer = options.issuer ?? `${url}${options.path ?? ''}`;
  const config: Config = {
    developmentMode: options.developmentMode ?? false,
    issuer,
    host: '127.0.0.1',
    port,
    managementPort: 0,
    managementHost: '127.0.0.1',
    store: options.store,
    storeWait: 0,
    secrets: (options.secret ?? testSecret)
      .split(',')
      .map((text) => Buffer.from(text, 'base64url')),
    workers: 1,
    trustedProxies: options.trustedProxies?.split(',') ?? [],
    logLevel: options.logLevel ?? 'info',
    declaration: declarationSchema.parse(options.declaration ?? {}),
    file: fileOf(options.declaration ?? {}),
  };
  const lines: string[] = [];
  const log = createLog({
    level: config.logLevel,
    pretty: false,
    destination: { write: (line: string) => void lines.push(line) },
  });
  const metrics = createMetrics();
  const clock = options.clock;
  // Its own address is another one at each start.
  if (options.issuer === undefined) await adoptStore(options.store, issuer, config.developmentMode);
  const app = await createApp({ config, log, metrics, ...(clock && { clock }) });
  const server = createHttpServer({ app: app.application, settings: config, log });
  try {
    await server.listen();
  } catch (error) {
    // What it began would keep the process of the tests alive for ever.
    await app.close();
    throw error;
  }
  return {
    issuer,
    url,
    store: options.store,
    app,
    logged: () => lines.join(''),
    measured: metrics.snapshot,
    async close() {
      app.stopping();
      await server.close();
      await app.close();
    },
  };
}
