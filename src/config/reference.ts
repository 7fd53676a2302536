/**
 * What the schema of the declarative file says about itself: every key with type, default and meaning.
 * The generated documentation and the remedies of mistakes both read it.
 */
import { z } from 'zod';
import type { SchemaLookup } from './issues.ts';
import { declarationSchema } from './schema/declaration.ts';

type Node = {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
  default?: unknown;
  description?: string;
  notation?: string;
  rule?: string;
};

export type KeyReference = {
  /** `clients[].redirect_uris` */
  path: string;
  /** In words: `list of URI`, `true or false`, `duration`. */
  type: string;
  required: boolean;
  /** As the file would spell it; absent: none. */
  default?: unknown;
  description: string;
  /** Whether its own keys follow in the list. */
  section: boolean;
};

/** Every key of the declarative file, parents before their members. */
export function declarationReference(): KeyReference[] {
  return membersOf(declarationNode(), '');
}

/** Answers what the schema knows of a place that a mistake names. Costs nothing before the first question. */
export function createDeclarationLookup(): SchemaLookup {
  let root: Node | undefined;
  return (path) => {
    root ??= declarationNode();
    let node: Node | undefined = root;
    for (const step of path) {
      if (!node) break;
      node = typeof step === 'number' ? node.items : memberOf(node, String(step));
    }
    const keys = Object.keys(node?.properties ?? {});
    const type = node?.type || node?.anyOf ? typeName(node) : undefined;
    return { keys, type, description: node?.description };
  };
}

function declarationNode(): Node {
  return z.toJSONSchema(declarationSchema, { io: 'input', unrepresentable: 'any' }) as Node;
}

function memberOf(node: Node, name: string): Node | undefined {
  const { properties, additionalProperties } = node;
  if (properties && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function membersOf(node: Node, prefix: string): KeyReference[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const inner = member.notation ? undefined : (member.items ?? member);
    const isSection = inner?.properties !== undefined;
    const entry: KeyReference = {
      path,
      type: typeName(member),
      required: node.required?.includes(name) ?? false,
      ...(isSection || member.default === undefined ? {} : { default: member.default }),
      description: [member.description, member.rule].filter(Boolean).join(' '),
      section: isSection,
    };
    const members = isSection ? membersOf(inner, member.items ? `${path}[]` : path) : [];
    return [entry, ...members];
  });
}

function typeName(node: Node): string {
  if (node.notation) return node.notation;
  if (node.enum) return node.enum.map(String).join(' or ');
  if (node.items) return `list of ${node.items.properties ? 'maps' : typeName(node.items)}`;
  const alternatives = node.anyOf?.map(typeName).filter((name) => name !== 'null');
  if (alternatives?.length) return alternatives.join(' or ');
  const names: Record<string, string> = {
    string: 'text',
    boolean: 'true or false',
    object: 'map',
    integer: 'whole number',
  };
  const type = String(node.type);
  return names[type] ?? type;
}
