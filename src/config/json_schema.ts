/**
 * JSON Schema (draft 2020-12) of the declarative file, for editors: from the schema that Cardea itself reads the file
 * by. It refuses no file that Cardea takes; what no JSON Schema can say stands in the descriptions, and
 * `cardea check` sees it.
 */
import { z } from 'zod';
import { variableReference } from './document.ts';
import { declarationSchema } from './schema/declaration.ts';

export type JsonSchema = { [keyword: string]: unknown };

/** Ours, and what each editor reads in its own way: a pattern stands beside each `format`. */
const unsaid = ['notation', 'format'];
const constraints = ['enum', 'pattern', 'not'];

/** Throws where the schema has a part that JSON Schema has no words for. */
export function declarationJsonSchema(): JsonSchema {
  const { $schema, ...file } = z.toJSONSchema(declarationSchema, { io: 'input' }) as JsonSchema;
  return {
    $schema,
    title: 'The declarative file of Cardea',
    description:
      'APIs, clients, users and policies, named by CARDEA_CONFIG. `cardea check` also finds what this schema cannot say.',
    ...(forEditors(file) as JsonSchema),
    $defs: {
      variable: {
        description:
          'A variable in braces after a dollar sign: its value, or the content of the file that NAME_FILE names.',
        type: 'string',
        pattern: variableReference.source,
      },
    },
  };
}

function forEditors(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forEditors);
  if (typeof node !== 'object' || node === null) return node;
  const { title, description, rule, default: preset, examples, ...rest } = node as JsonSchema;
  const described = [description, rule].filter((text) => typeof text === 'string').join(' ');
  const said = { title, description: described || undefined, default: preset, examples };
  const asked = Object.fromEntries(
    Object.entries(rest)
      .filter(([keyword]) => !unsaid.includes(keyword))
      .map(([keyword, value]) => [keyword, insideOf(keyword, value)]),
  );
  return {
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    ...(mayRefuseVariable(asked) ? { anyOf: [asked, { $ref: '#/$defs/variable' }] } : asked),
  };
}

/** Whether a text that stands for a variable could miss what is asked of the text behind it. */
function mayRefuseVariable({ type, minLength, ...asked }: JsonSchema): boolean {
  if (![type].flat().includes('string')) return false;
  return Number(minLength ?? 0) > 1 || constraints.some((keyword) => keyword in asked);
}

/** Keywords whose value is a schema, or holds some. */
function insideOf(keyword: string, value: unknown): unknown {
  if (['properties', 'patternProperties'].includes(keyword)) {
    const members = Object.entries(value as JsonSchema);
    return Object.fromEntries(members.map(([name, member]) => [name, forEditors(member)]));
  }
  if (['items', 'additionalProperties', 'anyOf'].includes(keyword)) return forEditors(value);
  return value;
}
