/** Programs that are web apps: they hear of their client by the environment, and listen where it is registered. */
import { join } from 'node:path';
import { type RunningProcess, startServer } from './processes.ts';
import type { Place } from './program.ts';

/** Runs `program` of the folder with ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN and ADDRESS. */
export function startWebApp(
  { issuer, origin, port, folder }: Place,
  {
    client_id: clientId,
    client_secret: clientSecret,
  }: { client_id: string; client_secret: string },
): Promise<RunningProcess> {
  const env = {
    ISSUER: issuer,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    ORIGIN: origin,
    ADDRESS: `127.0.0.1:${port}`,
  };
  return startServer(join(folder, 'program'), [], { folder, env, url: origin });
}
