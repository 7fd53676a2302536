/**
 * The demonstration beside a Cardea in development mode: an app in which a person signs in, and an API that
 * the app calls with the access token. Both are ordinary clients: they know Cardea by its issuer URL only.
 */
import { startDemoApi } from './api.ts';
import { startDemoApp } from './app.ts';
import { nextFreePort } from './free_port.ts';

const issuer = process.env.CARDEA_DEMO_ISSUER ?? 'http://localhost:3000';

// It ends with the Cardea that started it, also when that one is killed.
process.once('disconnect', () => process.exit());

try {
  const apiPort = await nextFreePort(8081);
  await startDemoApi({ issuer, port: apiPort });
  const api = `http://localhost:${apiPort}`;
  // Whichever it is: the app is registered as a native one, whose redirect URIs on loopback have any port.
  const port = await nextFreePort(8080);
  await startDemoApp({ issuer, port, api });
  process.send?.({ app: `http://localhost:${port}`, api });
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The demonstration did not start: ${reason}\n`);
  process.exit(1);
}
