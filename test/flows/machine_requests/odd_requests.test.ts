/**
 * Every answer that machines get, for requests in order and for odd ones, stays what it was: status, headers, body and
 * log lines, whichever code answers. `CARDEA_RECORD=1` records anew (then format the file with `npx biome check
 * --write`); whoever does that reads the difference first.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { RawAnswer } from '../../attacks/raw_request.ts';
import { sqliteServer } from '../../support/flows.ts';
import { until } from '../../support/site.ts';
import { answerOf, linesByRequest } from './answers.ts';
import { declaration } from './configuration.ts';
import { oddRequests } from './odd_requests.ts';
import { readRecording, writeRecording } from './recording.ts';
import { createSender } from './sender.ts';

const isRecording = process.env.CARDEA_RECORD === '1';

describe('Machine requests', () => {
  sqliteServer({ declaration }, (server) => {
    test('Machine endpoints answer odd requests as recorded', async (t) => {
      const { issuer, url, logged } = server();
      // The standby keys of both algorithms are published a moment after the start.
      await until(async () => {
        const response = await fetch(`${url}/.well-known/jwks.json`);
        return ((await response.json()) as { keys: unknown[] }).keys.length === 4;
      });
      const sender = await createSender(server());
      t.after(sender.close);
      const raw: [string, RawAnswer][] = [];
      for (const { name, request } of oddRequests()) raw.push([name, await sender.send(request)]);
      const lines = linesByRequest(logged());
      const answers = new Map(raw.map(([name, own]) => [name, answerOf(own, { issuer, lines })]));
      if (isRecording) writeRecording(answers);
      const recorded = readRecording();
      assert.deepEqual([...answers.keys()].sort(), [...recorded.keys()].sort());
      const others = [...answers].filter(([name, answer]) => {
        return !isDeepStrictEqual(answer, recorded.get(name));
      });
      const names = others.map(([name]) => name).join('\n');
      for (const [name, answer] of others) {
        assert.deepEqual(answer, recorded.get(name), `${name}, first of\n${names}`);
      }
    });
  });
});
