/**
 * Preloaded by each process of a traced Cardea (`--import`): records which functions of src/ a request enters.
 *
 * A request that carries the header `x-trace` is recorded under that name, from its arrival until its response is
 * closed and logged: one JSON line (Trace) in the file TRACE_FILE. Only what runs on behalf of the request counts,
 * so background timers leave no mark; neither does work in a worker thread or another process.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync, readFileSync } from 'node:fs';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import { instrument } from './instrument.ts';
import type { Entry, Trace } from './summary.ts';

const sourceUrl = new URL('../../src/', import.meta.url);
/** Every function of src/, by the number under which it reports. */
const functions: Entry[] = [];
const calls = new AsyncLocalStorage<number[]>();

Object.assign(globalThis, { noteCall: (id: number) => calls.getStore()?.push(id) });

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(sourceUrl.href) || !url.endsWith('.ts')) return nextLoad(url, context);
    const file = decodeURI(url.slice(sourceUrl.href.length));
    const source = instrument(readFileSync(new URL(url), 'utf8'), {
      call: 'noteCall',
      idOf: (found) => functions.push({ ...found, file }) - 1,
    });
    return { format: 'module', source, shortCircuit: true };
  },
});

type Emit = (event: string, ...given: unknown[]) => boolean;

const emit: Emit = Server.prototype.emit;
Server.prototype.emit = function emitRecorded(this: Server, event, ...given: unknown[]) {
  const [request, response] = given as [IncomingMessage, ServerResponse];
  const name = event === 'request' && request.headers['x-trace'];
  if (!name) return emit.call(this, event, ...given);
  const ids: number[] = [];
  // The body and the end of a response come from the connection, which has an async context of its own.
  for (const emitter of [request, response] as { emit: Emit }[]) {
    const emitInContext = emitter.emit;
    emitter.emit = (...all) => calls.run(ids, () => emitInContext.apply(emitter, all));
  }
  // Behind the other listeners, which write the log line.
  response.once('close', () => setImmediate(() => save(String(name), [...ids])));
  return calls.run(ids, () => emit.call(this, event, ...given));
} satisfies Emit;

function save(request: string, ids: readonly number[]): void {
  const trace: Trace = { request, entries: ids.flatMap((id) => functions[id] ?? []) };
  appendFileSync(process.env.TRACE_FILE ?? '', `${JSON.stringify(trace)}\n`);
}
