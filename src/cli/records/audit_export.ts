/**
 * `cardea audit export`: writes audit events to stdout, as they are read.
 */
import { once } from 'node:events';
import { type ExportFormat, exportedEvents } from '../../audit/room.ts';
import { withContext } from '../context.ts';
import { parseInstant } from '../terminal/instant_option.ts';

export type ExportOptions = {
  format: ExportFormat;
  from?: string;
  until?: string;
  type?: string;
  user?: string;
  client?: string;
};

export async function exportEvents(options: ExportOptions): Promise<void> {
  const { format, type, user, client, ...times } = options;
  const at = (option: '--from' | '--until', text: string | undefined) =>
    text === undefined ? undefined : parseInstant(option, text);
  const from = at('--from', times.from);
  const before = at('--until', times.until);
  await withContext(async ({ store, users }) => {
    // Events outlive users: a value that names no user is taken for the id of a former one.
    const userId = user && ((await (await users()).lookUp(user))?.id ?? user);
    const filter = { format, type, userId, clientId: client, from, before };
    for await (const text of exportedEvents(store.audit, filter)) {
      // A reader that is slow is waited for.
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    }
  });
}
