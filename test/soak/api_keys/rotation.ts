/**
 * A key that is rotated while it is in use at 50 requests a second, through nginx to the demonstration API: half
 * of the callers have the new key at once, the others not before the overlap is over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequester } from '../../../harness/load.ts';
import type { Row } from './report.ts';
import type { Stage } from './stage.ts';

type Seen = {
  generation: 'old' | 'new';
  sentAt: number;
  answeredAt: number;
  status: number;
  /** Whether the caller was told until when its key is good. */
  isWarned: boolean;
};

const perSecond = 50;
const overlapSeconds = 5;
const beforeMs = 2000;
const afterMs = 3000;
/** One of so many is with the dead key. */
const deadEvery = 5;

export async function rotateUnderLoad({ gateway, operate, newKey }: Stage): Promise<Row[]> {
  const old = await newKey('--tier', 'pro');
  const requester = createRequester(gateway.url, 64);
  const seen: Seen[] = [];
  const send = async (generation: Seen['generation'], key: string) => {
    const sentAt = Date.now();
    const answer = await requester
      .get('/orders', { authorization: `Bearer ${key}` })
      .catch(() => undefined);
    const isWarned = answer?.headers.sunset !== undefined;
    const status = answer?.status ?? 0;
    seen.push({ generation, sentAt, answeredAt: Date.now(), status, isWarned });
  };
  // The demonstration API fetches keys and lists with its first token.
  await send('old', old.key);

  let successor: string | undefined;
  let isDead = false;
  let isOver = false;
  const keepAsking = async () => {
    const running: Promise<void>[] = [];
    const startedAt = performance.now();
    for (let count = 0; !isOver; count += 1) {
      const isOld = isDead ? count % deadEvery === 0 : count % 2 === 0;
      const [generation, key] =
        successor === undefined || isOld
          ? (['old', old.key] as const)
          : (['new', successor] as const);
      running.push(send(generation, key));
      const dueAt = startedAt + ((count + 1) * 1000) / perSecond;
      await sleep(Math.max(0, dueAt - performance.now()));
    }
    await Promise.all(running);
    return (running.length * 1000) / (performance.now() - startedAt);
  };
  const asking = keepAsking();
  await sleep(beforeMs);
  const overlap = ['--overlap', `${overlapSeconds}s`, '--idempotency-key', 'soak-rotation'];
  const rotated = await operate('api-keys', 'rotate', old.id, ...overlap);
  const rotatedAt = Date.now();
  successor = String(rotated.key);
  const { expires_at } = rotated.replaces as { expires_at: string };
  const endsAt = Date.parse(expires_at);
  await sleep(endsAt - Date.now());
  isDead = true;
  await sleep(afterMs);
  isOver = true;
  const rate = await asking;
  requester.close();

  const isRefused = ({ status }: Seen) => status !== 200;
  const withOld = seen.filter(({ generation }) => generation === 'old');
  const inOverlap = withOld.filter(
    ({ sentAt, answeredAt }) => sentAt >= rotatedAt && answeredAt < endsAt,
  );
  const untilThen = withOld.filter(({ answeredAt }) => answeredAt < endsAt);
  const withNew = seen.filter(({ generation }) => generation === 'new');
  const dead = withOld.filter(({ sentAt }) => sentAt > endsAt);
  const warned = inOverlap.filter(({ isWarned }) => isWarned).length;
  const accepted = dead.filter(({ status }) => status !== 401).length;
  const refusedOld = untilThen.filter(isRefused);
  const refusedNew = withNew.filter(isRefused);
  return [
    {
      must: `rotation at ${rate.toFixed(0)} requests/s: the old key until its end (${overlapSeconds} s overlap)`,
      seen: `${untilThen.length} requests, ${inOverlap.length} of them in the overlap; refused: ${described(refusedOld)}`,
      isGood: inOverlap.length > 0 && refusedOld.length === 0,
    },
    {
      must: 'who uses the old one in the overlap is warned',
      seen: `${warned} of ${inOverlap.length} answers`,
      isGood: warned === inOverlap.length,
    },
    {
      must: 'the new key from its first request on',
      seen: `${withNew.length} requests; refused: ${described(refusedNew)}`,
      isGood: withNew.length > 0 && refusedNew.length === 0,
    },
    {
      must: 'the old key after the overlap',
      seen: `${dead.length} requests, ${accepted} not refused with 401`,
      isGood: dead.length > 0 && accepted === 0,
    },
  ];
}

/** How many, and with which statuses. */
function described(refused: readonly Seen[]): string {
  const statuses = [...new Set(refused.map(({ status }) => status))].sort();
  return [refused.length, ...(refused.length > 0 ? [`(${statuses.join(', ')})`] : [])].join(' ');
}
