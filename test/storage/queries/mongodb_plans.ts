/**
 * Whether an index of a MongoDB collection answers a command whole: its equalities first, then its order or its one
 * range (https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-guideline/).
 */
export type Command = {
  collection: string;
  filter: Record<string, unknown>;
  sort: Record<string, number>;
  /** Whether it answers or changes a bounded number of records. */
  isBounded: boolean;
};

export type Index = {
  name?: string;
  key: Record<string, number>;
  unique?: boolean;
  sparse?: boolean;
  partialFilterExpression?: Record<string, unknown>;
};

/** What has expired stays for a minute, so leaving it out costs no more. */
const purgedSoon = new Set(['expires_at']);

/** Undefined: it is answered as it should be. */
export function flawOf(command: Command, indexes: readonly Index[]): string | undefined {
  const { filter, sort } = command;
  if (indexes.some((index) => isUnique(index, filter))) return undefined;
  if (!command.isBounded) return 'answers any number of records';
  if (indexes.some((index) => fits(index, command))) return undefined;
  return `no index has ${JSON.stringify({ filter: Object.keys(filter), sort })}`;
}

function fits(index: Index, { filter, sort }: Command): boolean {
  if (!has(index, filter)) return false;
  const fields = Object.keys(index.key);
  const sorted = Object.keys(sort);
  const asked = Object.keys(filter).filter(
    (name) => (!purgedSoon.has(name) || fields[0] === name) && !isFixed(index, name, filter[name]),
  );
  // All of a collection, in no order.
  if (asked.length === 0 && sorted.length === 0) return false;
  const equal = asked.filter((name) => isEqual(filter[name]));
  const ranges = asked.filter((name) => !equal.includes(name));
  const rest = fields.slice(equal.length);
  // What has one value is in any order.
  const order = Object.fromEntries(Object.entries(sort).filter(([name]) => !equal.includes(name)));
  return (
    equal.every((name) => fields.slice(0, equal.length).includes(name)) &&
    ranges.length <= 1 &&
    (ranges.length === 0 || ranges[0] === rest[0]) &&
    isInOrder(index, rest, order) &&
    Object.keys(order).every((name, place) => rest[place] === name)
  );
}

/** Whether the index was made for this condition, and has nothing else. */
function isFixed({ partialFilterExpression }: Index, name: string, condition: unknown): boolean {
  const made = partialFilterExpression?.[name];
  const asked = typeof made === 'object' ? condition : equalTo(condition);
  return made !== undefined && JSON.stringify(asked) === JSON.stringify(made);
}

/** Read from one end or from the other. */
function isInOrder({ key }: Index, rest: readonly string[], sort: Record<string, number>) {
  const ways = rest.slice(0, Object.keys(sort).length).map((name) => key[name] === sort[name]);
  return new Set(ways).size <= 1;
}

function isUnique(index: Index, filter: Record<string, unknown>): boolean {
  const fields = Object.keys(index.key);
  const isOne = index.unique === true || fields.join() === '_id';
  return isOne && has(index, filter) && fields.every((name) => isEqual(filter[name]));
}

/** Whether all that the filter finds is in the index. */
function has({ key, sparse, partialFilterExpression = {} }: Index, filter: object): boolean {
  const given = filter as Record<string, unknown>;
  if (sparse && !Object.keys(key).some((name) => name in given)) return false;
  return Object.entries(partialFilterExpression).every(([name, wanted]) =>
    typeof wanted === 'object' ? name in given : equalTo(given[name]) === wanted,
  );
}

function isEqual(condition: unknown): boolean {
  const value = equalTo(condition);
  return value !== undefined && !isOperator(value);
}

/** `{ $eq: x }`, or x: x. As many as a caller has ids for: each is looked up by itself. */
function equalTo(condition: unknown): unknown {
  if (!isOperator(condition)) return condition;
  const { $eq, $in } = condition as { $eq?: unknown; $in?: unknown };
  return $eq ?? ($in === undefined ? undefined : 'each of some');
}

function isOperator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((name) => name.startsWith('$'));
}
