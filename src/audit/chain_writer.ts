/**
 * Links the events of one stream of a process into its chain, and appends them. It owns that a chain never has a gap:
 * one write is under way at a time, its events are kept from the first on, and a chain whose last write may or may not
 * have happened is continued by just that write, or not at all.
 */
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import type { AuditChain } from '../storage/audit_chains.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import { type ChainRegister, idleChainMs } from './chain_register.ts';
import { extended, type SealingKey, sealed } from './seals.ts';

export type ChainWriter = {
  /**
   * Appends some of the events, the first ones; resolves to how many are in the trail now, at least one. Not to be
   * called while it runs. Throws StoreUnavailableError.
   */
  append(events: readonly AuditEvent[]): Promise<number>;
  /** Brings the register up to date. Never throws. */
  flush(): Promise<void>;
};

/** An event that is older than the newest of its chain by more (ms) begins another chain. See verification.ts. */
export const lateMs = hourMs;
/** How far (ms) the register may be behind. */
const registerMs = 1000;

export function createChainWriter({
  append,
  repeats,
  register,
  key,
  clock,
}: {
  append: AuditStore['append'];
  /** Whether what could not be appended is passed again, first of all. */
  repeats: boolean;
  register: Pick<ChainRegister, 'begin' | 'advance'>;
  key: SealingKey;
  clock: Clock;
}): ChainWriter {
  let chain: AuditChain | undefined;
  /** Linked, and perhaps appended. */
  let unsure: AuditEvent[] | undefined;
  let registered = 0;
  let timer: NodeJS.Timeout | undefined;

  async function chainFor({ at }: AuditEvent): Promise<AuditChain> {
    if (chain && at >= chain.latest - lateMs && clock.now() < chain.latest + idleChainMs) {
      return chain;
    }
    await flush();
    chain = await register.begin(at);
    registered = 0;
    return chain;
  }

  async function link(events: readonly AuditEvent[]): Promise<AuditEvent[]> {
    const [first] = events;
    if (!first) return [];
    const linked: AuditEvent[] = [];
    let { id, number, latest, last } = await chainFor(first);
    for (const event of events) {
      if (event.at < latest - lateMs) break;
      number += 1;
      const next = sealed(key, event, { chain: id, number, previous: last, latest });
      linked.push(next);
      latest = Math.max(latest, event.at);
      last = next.link?.seal ?? '';
    }
    return linked;
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const current = chain;
    if (!current || current.number === registered) return;
    try {
      await register.advance(current);
      registered = current.number;
    } catch {
      // It is behind, which proves less but nothing wrong.
    }
  }

  return {
    async append(events) {
      unsure ??= await link(events);
      const linked = unsure;
      let count: number;
      try {
        count = await append(linked);
      } catch (error) {
        if (!repeats) {
          unsure = undefined;
          await flush();
          chain = undefined;
        }
        throw error;
      }
      unsure = undefined;
      const last = linked[count - 1];
      if (chain && last) chain = extended(key, chain, last);
      timer ??= setTimeout(flush, registerMs).unref();
      // The one that append() stopped at is in the trail, in another place.
      return count < linked.length ? count + 1 : count;
    },
    flush,
  };
}
