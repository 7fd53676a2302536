/**
 * The next free positions of the status lists, for one process. Leases more when its lease runs out.
 */
import type { Clock } from '../../clock.ts';
import type { ListRegistry, PositionLease, StatusListFacts } from './list_registry.ts';

export type Positions = {
  /** `count` consecutive positions that nobody else ever gets. At most 8192. */
  take(count: number): Promise<{ list: StatusListFacts; first: number }>;
};

export function createPositions({
  registry,
  clock,
}: {
  registry: Pick<ListRegistry, 'lease'>;
  clock: Clock;
}): Positions {
  let lease: PositionLease | undefined;
  let used = 0;
  let leasing: Promise<void> | undefined;

  const renew = async () => {
    lease = await registry.lease();
    used = 0;
  };

  return {
    async take(count) {
      for (;;) {
        if (lease && used + count <= lease.count && clock.now() < lease.usableUntil) {
          const first = lease.first + used;
          used += count;
          return { list: lease.list, first };
        }
        leasing ??= renew().finally(() => {
          leasing = undefined;
        });
        await leasing;
      }
    },
  };
}
