/**
 * The newest audit events about an object, as a section of its page.
 */
import type { z } from 'zod';
import type { listAuditEvents } from '../../admin/room.ts';
import type { ObjectSection } from './object_page.ts';
import { show } from './values.ts';

type Event = z.input<(typeof listAuditEvents)['result']>['items'][number];

export function eventsSection(
  events: readonly Event[],
  { title, text } = { title: 'Recent events', text: 'The newest in the audit log.' },
): ObjectSection {
  return {
    ...{ title, text },
    empty: 'There are none.',
    table: {
      columns: ['Event', 'When', 'Outcome', 'By', 'From'],
      rows: events.map(({ type, at, outcome, actor, ip }) => [
        show.code(type),
        show.time(at),
        outcome === 'success' ? show.status('Success', 'good') : show.status('Failure', 'bad'),
        show.code(actor),
        show.code(ip),
      ]),
    },
  };
}
