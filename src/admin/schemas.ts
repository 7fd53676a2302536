/**
 * Schemas that several operations share.
 */
import { z } from 'zod';
import { maxLength } from '../definitions/lengths.ts';

/** Nothing: for operations without parameters, query or body. */
export const nothing = z.strictObject({});
/** For operations that answer without a body. */
export const noContent = z.undefined();

export const instant = z.iso.datetime().describe('RFC 3339, in UTC.');

/** A text that is more than white space; what stands around it is cut off. */
export function trimmedText(longest: number) {
  return z.string().trim().min(1).max(longest).meta({ pattern: '\\S' });
}

export const reasonField = trimmedText(500).optional().describe('Why, for the audit trail.');

export const defaultPageSize = 50;
const mostPerPage = 200;

/** Query members of every list. Spread into the query of an operation. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(mostPerPage)
    .default(defaultPageSize)
    .describe(
      `How many at most, up to ${mostPerPage}. A page may be shorter although there is a next one.`,
    ),
  after: z.string().min(1).max(maxLength.uri).optional().describe('The `next` of the page before.'),
};

/** Query members of lists that can be searched. Spread into the query of an operation. */
export const searchQuery = {
  text: trimmedText(200)
    .optional()
    .describe('Only those with words that begin with each of these words.'),
};

/**
 * An object that a service checks, described by the service's own schema: here it is only an object. What the service
 * parses must be what was sent.
 */
export function checkedByService(schema: z.ZodType, id: string) {
  const { $schema: _schema, ...described } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return z.record(z.string(), z.unknown()).meta({ id, ...(described as object) });
}

/** What only the view of an object has, in the schema of a write: bringing it back changes nothing of it. */
export function viewOnly(names: readonly string[]): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
}

/** A flag in a query: `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A page of a list, in the form of every list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .describe('Where the next page begins, for `after`; null on the last page.'),
  });
}
