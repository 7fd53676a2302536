/** Audit events for other programs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { type ExportFormat, exportedEvents } from '../../src/audit/room.ts';
import { sampleEvent } from '../storage/contract/samples.ts';
import { openTestStore } from '../support/rooms.ts';

const at = Date.UTC(2031, 4, 4);

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

describe('Export of audit events', () => {
  test('Every event that is asked for is exported once, newest first, in both formats', async (t) => {
    const { audit } = await openTestStore(t);
    const events = Array.from({ length: 1200 }, (_, index) =>
      sampleEvent({
        id: `e${index}`,
        at: at + (index >> 1),
        type: index % 3 ? 'sign_out' : 'token.issued',
      }),
    );
    await audit.append(events);
    const text = async (format: ExportFormat, filter = {}) =>
      await textOf(exportedEvents(audit, { format, ...filter }));
    const lines = (await text('jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; at: string });
    assert.equal(new Set(lines.map(({ id }) => id)).size, 1200);
    assert.ok(lines.every((line, index) => index === 0 || line.at <= (lines[index - 1]?.at ?? '')));
    assert.equal(lines.at(-1)?.at, '2031-05-04T00:00:00.000Z');
    const rows = parse(await text('csv', { type: 'sign_out', from: at + 100, before: at + 200 }), {
      columns: true,
    }) as { id: string }[];
    assert.deepEqual(
      rows.map(({ id }) => id).sort(),
      events
        .filter((event) => event.type === 'sign_out' && event.at >= at + 100 && event.at < at + 200)
        .map(({ id }) => id)
        .sort(),
    );
  });

  test('No cell of the CSV is a formula for a spreadsheet, and every text is there in full', async (t) => {
    const { audit } = await openTestStore(t);
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', 'a,"b"\nc'];
    await audit.append(
      hostile.map((clientId, index) => sampleEvent({ at: at + index, clientId, reason: clientId })),
    );
    const csv = await textOf(exportedEvents(audit, { format: 'csv' }));
    const rows = parse(csv, { columns: true }).toReversed() as {
      client_id: string;
      reason: string;
    }[];
    assert.deepEqual(
      rows.map(({ client_id }) => client_id),
      [...hostile.slice(0, 7).map((text) => `'${text}`), 'a,"b"\nc'],
    );
    assert.ok(rows.every((row) => row.reason === row.client_id));
  });
});
