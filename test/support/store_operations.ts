/**
 * What requests cost a store: how often each of its operations was carried out meanwhile.
 */
import type { TestServer } from './server.ts';

export type Operations = Readonly<Record<string, number>>;

/** Of one node, by names such as `artifacts.find`; also what goes on in its background, which looks up no record. */
export async function operationsDuring(
  { measured }: Pick<TestServer, 'measured'>,
  work: () => Promise<unknown>,
): Promise<Operations> {
  const before = await countsOf(measured);
  await work();
  const counts = Object.entries(await countsOf(measured)).map(([name, count]) => [
    name,
    count - (before[name] ?? 0),
  ]);
  return Object.fromEntries(counts.filter(([, count]) => Number(count) > 0));
}

/** Only those that look something up for a request. */
export function lookUps(operations: Operations): Operations {
  const names = /^(apiKeys|artifacts|clients|projects|revocations|statusRanges|users)\.find/;
  return Object.fromEntries(Object.entries(operations).filter(([name]) => names.test(name)));
}

async function countsOf(measured: TestServer['measured']): Promise<Record<string, number>> {
  const metric = (await measured()).find(
    ({ name }) => name === 'cardea_store_operation_duration_seconds',
  );
  const counts: Record<string, number> = {};
  for (const { value, labels, metricName } of metric?.values ?? []) {
    if (!metricName?.endsWith('_count')) continue;
    const name = String(labels.operation);
    counts[name] = (counts[name] ?? 0) + value;
  }
  return counts;
}
