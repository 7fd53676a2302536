/**
 * The crowd, in a process of its own, so that what it takes to be one delays no measurement: told where, it prepares as many
 * visits as it is told; told to go, it makes all at once, and answers how they ended.
 *
 * It yields to the server (a low priority), as people's own machines do.
 */
import { setPriority } from 'node:os';
import { createYielder } from '../../../src/yielding.ts';
import { type Visit, visits } from './visits.ts';

export type ToCrowd =
  | { prepare: { issuer: string; count: number; round: number } }
  | { go: true }
  | { link: string; address: string };
export type FromCrowd =
  | { isReady: true }
  | { linkFor: string }
  | { done: { kind: string; status: number; ms: number }[] };

const tell = (message: FromCrowd) => process.send?.(message);
const links = new Map<string, (link: string) => void>();
let prepared: { kind: string; visit: Visit }[] = [];
setPriority(10);

process.on('message', (message: ToCrowd) => {
  if ('link' in message) return links.get(message.address)?.(message.link);
  return 'go' in message ? go() : prepare(message.prepare);
});

async function prepare({
  issuer,
  count,
  round,
}: Extract<ToCrowd, { prepare: object }>['prepare']): Promise<void> {
  const linkFor = (address: string) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    links.set(address, resolve);
    tell({ linkFor: address });
    return promise;
  };
  prepared = [];
  const kinds = Object.entries(visits);
  const yielding = createYielder();
  const each = Array.from({ length: count }, (_, index) => index);
  const next = async () => {
    for (let index = each.shift(); index !== undefined; index = each.shift()) {
      const [kind = '', prepareOne] = kinds[index % kinds.length] ?? [];
      const ofKind = Math.floor(index / kinds.length);
      const username = `${kind}${round * Math.ceil(count / kinds.length) + ofKind}`;
      const visit = await prepareOne?.({ issuer, linkFor }, username);
      if (visit) prepared.push({ kind, visit });
      await yielding();
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
  tell({ isReady: true });
}

async function go(): Promise<void> {
  const startedAt = performance.now();
  const done = await Promise.all(
    prepared.map(async ({ kind, visit }) => {
      const status = await visit().catch(() => 0);
      return { kind, status, ms: performance.now() - startedAt };
    }),
  );
  tell({ done });
}
