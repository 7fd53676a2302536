/**
 * What a zod schema asks in functions, which JSON Schema knows nothing of: each of these says it besides, by a
 * keyword or in words.
 */
import type { z } from 'zod';

const saying = ['pattern', 'patternProperties', 'not', 'minProperties', 'rule'];

/** Where something is asked that nothing is said of. */
export function unsaidRefinements(schema: z.core.$ZodType, path = 'the file'): string[] {
  const { def } = schema._zod;
  const inner = def as unknown as {
    shape?: Record<string, z.core.$ZodType>;
    element?: z.core.$ZodType;
    options?: z.core.$ZodType[];
    innerType?: z.core.$ZodType;
    valueType?: z.core.$ZodType;
    in?: z.core.$ZodType;
  };
  const refines = (def.checks ?? []).some(({ _zod }) => _zod.def.check === 'custom');
  const meta = (schema as z.ZodType).meta() ?? {};
  const isSilent = (refines || def.type === 'pipe') && !saying.some((keyword) => keyword in meta);
  return [
    ...(isSilent ? [path] : []),
    ...Object.entries(inner.shape ?? {}).flatMap(([name, member]) =>
      unsaidRefinements(member, `${path}.${name}`),
    ),
    ...[
      inner.element,
      inner.innerType,
      inner.valueType,
      inner.in,
      ...(inner.options ?? []),
    ].flatMap((one) => (one ? unsaidRefinements(one, path) : [])),
  ];
}
