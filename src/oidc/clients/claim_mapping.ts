/**
 * How a client spells claims of users, where the other side dictates it: another name, a list as text or a text as a
 * list, a prefix before each value. It changes what is released, never what is.
 */
export type ClaimMapping = Readonly<
  Record<string, { name?: string; format?: 'list' | 'text'; prefix?: string }>
>;

/** Claims without a mapping stay as they are. */
export function spelled(
  claims: Record<string, unknown>,
  mapping: ClaimMapping = {},
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(claims).map(([claim, value]) => {
      const rule = Object.hasOwn(mapping, claim) ? mapping[claim] : undefined;
      return rule ? [rule.name ?? claim, valueBy(rule, value)] : [claim, value];
    }),
  );
}

function valueBy({ format, prefix = '' }: ClaimMapping[string], value: unknown): unknown {
  // An address, for example, is neither a list nor a text.
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  const values = [value].flat().map((one) => (prefix ? `${prefix}${one}` : one));
  if (format === 'text') return values.join(' ');
  return Array.isArray(value) || format === 'list' ? values : values[0];
}
