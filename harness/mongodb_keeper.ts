/**
 * The process that keeps one MongoDB server for all test processes of this machine. It listens on a fixed
 * port (so there is only one of it), tells each test process that connects the server's address, and ends
 * the server when no connection has been left for a while.
 */
import { createServer, type Socket } from 'node:net';
import { type MongoServer, startMongoServer } from './mongodb_servers.ts';

/** What a test process is told: one JSON line. */
export type KeeperAnswer = { uri: string } | { missing: string };

export const keeperPort = 27_916;
const scriptPort = 27_917;
/** Between two test files nobody may be connected for a moment. */
const idleMs = 30_000;

function keep() {
  const users = new Set<Socket>();
  let server: MongoServer | undefined;
  let end: NodeJS.Timeout | undefined;
  const started = startMongoServer(scriptPort).then(
    (found): KeeperAnswer => {
      server = found;
      return { uri: found.uri };
    },
    (error): KeeperAnswer => ({ missing: String(error.message) }),
  );

  const door = createServer(async (socket) => {
    clearTimeout(end);
    users.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      users.delete(socket);
      if (users.size === 0) end = setTimeout(leave, idleMs);
    });
    socket.resume();
    socket.write(`${JSON.stringify(await started)}\n`);
  });
  async function leave() {
    if (users.size > 0) return;
    // The port stays taken until the server is down, so that the next keeper starts on clear ground.
    await started;
    await server?.stop();
    process.exit();
  }
  // Another keeper was faster.
  door.on('error', () => process.exit());
  door.listen(keeperPort, '127.0.0.1');
}

if (import.meta.main) keep();
