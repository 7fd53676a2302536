/**
 * The processes of a yardstick: PROCESSES of them on PORT, or this one alone. Whoever forked it gets a message
 * when all of them serve.
 */
import cluster from 'node:cluster';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';

export const port = Number(process.env.PORT);
const processes = Number(process.env.PROCESSES ?? 1);

/** `listen` gets the RSA key that all processes share, and calls `ready` when it serves. */
export function serveProcesses(listen: (key: JsonWebKey, ready: () => void) => void): void {
  if (!cluster.isPrimary) {
    listen(JSON.parse(process.env.JWK ?? ''), () => {});
    return;
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig' };
  const ready = () => process.send?.('ready');
  if (processes === 1) {
    listen(key, ready);
    return;
  }
  for (let index = 0; index < processes; index += 1) cluster.fork({ JWK: JSON.stringify(key) });
  let serving = 0;
  cluster.on('listening', () => {
    serving += 1;
    if (serving === processes) ready();
  });
}
