/**
 * What the scenes play on: two nodes as processes on one store, nginx before both, the demonstration API behind
 * it, a site for webhooks and for the keys of a scanner, and the operator's commands. It remembers every secret
 * that it made or was given, and all that any of them has logged.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startDemoApi } from '../../../demo/api.ts';
import { freePort } from '../../../harness/free_port.ts';
import { type ProcessServer, startProcessServer } from '../../../harness/process_server.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { randomId } from '../../../src/digests.ts';
import { type Gateway, gatewayKinds } from '../../support/gateways.ts';
import { type LocalSite, startLocalSite } from '../../support/local_site.ts';
import { operatorEnvironment } from '../revocation/operator_environment.ts';
import { apiSecret, ask, declarationFor, jobSecret, orders, stockSecret } from './configuration.ts';

type MadeKey = { id: string; key: string };

export type Stage = {
  storeUrl: string;
  issuer: string;
  nodes: [ProcessServer, ProcessServer];
  gateway: Gateway;
  site: LocalSite;
  /** Runs `cardea <args> --json`; answers what it printed. Throws when it fails. */
  operate(...args: string[]): Promise<Record<string, unknown>>;
  /** `options`: further ones of `cardea api-keys create`. */
  newKey(...options: string[]): Promise<MadeKey>;
  /** `valid`, or the reason why not, as a node tells the API. */
  verdict(node: ProcessServer, key: string): Promise<string>;
  keys: MadeKey[];
  /** Tokens that were made from keys. */
  tokens: string[];
  /** What the configuration holds. */
  secrets: string[];
  /** Ends all that runs; answers the exit codes of the nodes. */
  stop(): Promise<(number | null)[]>;
  /** Everything that anybody has logged, and what was posted to the site. */
  logged(): string;
};

const program = fileURLToPath(new URL('../../../bin/cardea.js', import.meta.url));

export async function openStage(storeUrl: string): Promise<Stage> {
  const site = await startLocalSite();
  const scannerToken = randomId(32);
  const webhookSecret = `whsec_${Buffer.from(randomId(24)).toString('base64')}`;
  const declaration = declarationFor(site, { scannerToken, webhookSecret });
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const common = { store: storeUrl, declaration, issuer, secret: testSecret };
  const start = (options: object) =>
    startProcessServer({ ...common, ...options, trustedProxies: '127.0.0.1' });
  const nodes = await Promise.all([start({ port }), start({})]);
  const api = await startDemoApi({ issuer, port: 0, audience: orders });
  const gateway = await startGateway(nodes, (api.address() as AddressInfo).port);
  const environment = await operatorEnvironment(common);

  const keys: MadeKey[] = [];
  let complaints = '';
  const operate: Stage['operate'] = async (...args) => {
    const { stdout, stderr } = await run([program, ...args, '--json'], environment);
    complaints += stderr;
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    if (typeof answer.key === 'string') keys.push({ id: String(answer.id), key: answer.key });
    return answer;
  };

  return {
    ...{ storeUrl, issuer, nodes, gateway, site, operate, keys },
    tokens: [],
    secrets: [scannerToken, webhookSecret, testSecret, apiSecret, stockSecret, jobSecret],
    async newKey(...options) {
      const wanted = ['--name', 'ci', '--api', orders, '--scope', 'orders:read'];
      const { id, key } = await operate('api-keys', 'create', ...wanted, ...options);
      return { id: String(id), key: String(key) };
    },
    async verdict(node, key) {
      const { status, body } = await ask(node.url, { key });
      return body.valid === true ? 'valid' : String(body.reason ?? status);
    },
    async stop() {
      api.closeAllConnections();
      api.close();
      await once(api, 'close');
      const codes = await Promise.all(nodes.map((node) => node.stop()));
      return codes;
    },
    logged: () =>
      [
        ...nodes.map((node) => node.output()),
        ...[gateway.logged(), complaints],
        ...site.received.map(({ path, body }) => `${path} ${body}`),
      ].join('\n'),
  };
}

/** nginx as its documentation has it, with both nodes as its Cardea. */
async function startGateway(nodes: readonly ProcessServer[], backend: number): Promise<Gateway> {
  const nginx = gatewayKinds.find(({ name }) => name === 'nginx');
  if (!nginx?.isHere()) throw new Error('needs nginx');
  const [cardea = 0, other = 0] = nodes.map(({ url }) => Number(new URL(url).port));
  const upstream = 'server 127.0.0.1:3000;';
  return nginx.start({
    ports: { cardea, backend },
    changes: [[upstream, `${upstream} server 127.0.0.1:${other};`]],
  });
}

function run(args: string[], env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } },
      (error, stdout, stderr) => (error ? reject(error) : resolve({ stdout, stderr })),
    );
  });
}
