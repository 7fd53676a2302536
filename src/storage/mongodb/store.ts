import type { Clock } from '../../clock.ts';
import type { Store } from '../store.ts';

export async function openMongoStore(_: {
  url: string;
  database: string;
  clock: Clock;
}): Promise<Store> {
  throw new Error('being written');
}
