/**
 * The demonstration beside a Cardea in development mode: an app in which a person signs in, and an API that
 * the app calls with the access token. Both are ordinary clients: they know Cardea by its issuer URL only.
 */
import { startDemoApi } from './api.ts';
import { startDemoApp } from './app.ts';

const issuer = process.env.CARDEA_DEMO_ISSUER ?? 'http://localhost:3000';

// It ends with the Cardea that started it, also when that one is killed.
process.once('disconnect', () => process.exit());

try {
  await startDemoApi({ issuer, port: 8081 });
  await startDemoApp({ issuer, port: 8080, api: 'http://localhost:8081' });
  process.send?.('ready');
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The demonstration did not start: ${reason}\n`);
  process.exit(1);
}
