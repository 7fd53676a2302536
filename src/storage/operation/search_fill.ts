/**
 * Gives records from before there were lists by words what they are found by, while the server runs: a start does not
 * wait for a million of them. A part at a time, with a rest in between, and how far it came is in the store, so that the
 * next start goes on there. Where nothing is to be done it reads one document.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentStore } from '../documents.ts';
import { type SearchKind, searchKinds } from '../listing.ts';
import { type FillProgress, fillDocument, isFilled, type SearchStore } from '../search.ts';
import { wordsVersion } from '../search_words.ts';

type FillLog = Record<'debug' | 'info' | 'warn', (fields: object, message: string) => void>;

const atOnce = 200;
const restMs = 20;
/** After a failure, and how often the progress is told. */
const retryMs = 10_000;
const sayEveryMs = 10_000;

export function createSearchFill({
  search,
  documents,
  log,
}: {
  search: Pick<SearchStore, 'fill'>;
  documents: DocumentStore;
  log: FillLog;
}): { filled: Promise<void>; stop(): void } {
  const stopping = new AbortController();
  let records = 0;
  let saidAt = performance.now();
  let hasSaid = false;

  const sayProgress = (kind: SearchKind) => {
    if (performance.now() - saidAt < sayEveryMs) return;
    saidAt = performance.now();
    hasSaid = true;
    log.info({ kind, records }, 'making existing records searchable');
  };

  /** One part; true when there is nothing left. Whoever else is at it may be faster: then it goes on from there. */
  const fillPart = async (): Promise<boolean> => {
    const stored = await documents.get<FillProgress>(fillDocument);
    if (isFilled(stored?.value)) return true;
    const begun = stored?.value.version === wordsVersion ? stored.value : undefined;
    const { kind, after } = begun ?? { kind: searchKinds[0], after: '' };
    const { last, lookedAt } = await search.fill({ kind, after, limit: atOnce });
    records += lookedAt;
    sayProgress(kind);
    const next = searchKinds[searchKinds.indexOf(kind) + 1];
    const isOver = lookedAt < atOnce;
    const progress: FillProgress = {
      version: wordsVersion,
      ...(isOver ? { kind: next ?? kind, after: '' } : { kind, after: last ?? after }),
      isDone: isOver && next === undefined,
    };
    await documents.compareAndSet(fillDocument, stored?.version ?? 0, progress);
    return false;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      let pause = restMs;
      try {
        if (await fillPart()) break;
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'existing records were not made searchable, trying again');
        pause = retryMs;
      }
      await sleep(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    if (records > 0 && !stopping.signal.aborted) {
      // The few of a first start are no news.
      log[hasSaid ? 'info' : 'debug']({ records }, 'all existing records are searchable');
    }
  };

  return { filled: run(), stop: () => stopping.abort() };
}
