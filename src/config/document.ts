/**
 * From the text of the declarative file (YAML 1.2, of which JSON is a part) to plain data: variables
 * substituted, and everything refused that makes a configuration mean something else than it says
 * (duplicate keys, tags, anchors, several documents) or that costs more than it should. It knows no schema.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { describeKey, formatPath, type Problem } from './problems.ts';
import type { Variables } from './variables.ts';

const maximumDepth = 32;
/** In any text of the file. */
export const variableReference = /\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}/;

type Context = {
  variables: Variables;
  lines: LineCounter;
  report: (problem: Problem) => void;
  places: LinesByPlace;
};

/** The line where each thing begins that the file declares: `clients[2]`, `pages.name`. */
export type LinesByPlace = Record<string, number>;

/** How deep those are. */
const placeDepth = 2;

/**
 * The file's data, or undefined when it is unusable as a whole. Each mistake is reported with its place or
 * its line; source text is never repeated, since secrets may stand in it. Fills `places`.
 */
export async function parseDeclarationText(
  text: string,
  variables: Variables,
  report: (problem: Problem) => void,
  places: LinesByPlace = {},
): Promise<unknown> {
  const lines = new LineCounter();
  const document = parseSafely(text, lines);
  if (!document) {
    const remedy = 'Check its syntax with a YAML or JSON linter.';
    report({ where: 'the file', problem: 'is not YAML or JSON', remedy });
    return undefined;
  }
  for (const error of document.errors.slice(0, 10)) {
    const { line, col } = lines.linePos(error.pos[0]);
    report({
      where: `line ${line}, column ${col} of the file`,
      problem: syntaxProblems[error.code] ?? 'is not valid YAML or JSON',
      remedy: 'Check the indentation, brackets, quotes and colons there.',
    });
  }
  if (document.errors.length > 0) return undefined;
  // The empty file declares nothing.
  if (!document.contents || (isScalar(document.contents) && document.contents.value === null)) {
    return {};
  }
  return toData(document.contents, [], { variables, lines, report, places });
}

function parseSafely(text: string, lineCounter: LineCounter) {
  try {
    // The parser compares keys pair by pair, which is quadratic: duplicates are found in toMap.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  } catch {
    return undefined;
  }
}

const syntaxProblems: Partial<Record<string, string>> = {
  MULTIPLE_DOCS: 'starts a second document; only one is allowed',
  TAB_AS_INDENT: 'is indented with a tab; YAML takes spaces',
  BAD_INDENT: 'is indented wrongly',
  MISSING_CHAR: 'lacks a closing bracket or quote, or a comma, colon or space',
};

async function toData(node: unknown, path: PropertyKey[], context: Context): Promise<unknown> {
  const refuse = (problem: string, remedy: string): undefined => {
    context.report({ where: formatPath(path), problem: `${problem}${at(node, context)}`, remedy });
    return undefined;
  };
  if (path.length > maximumDepth) {
    return refuse(`is nested more than ${maximumDepth} levels deep`, 'Flatten it.');
  }
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) {
    return node === null ? null : refuse('uses an alias (*name)', 'Write the value out.');
  }
  const line = path.length === placeDepth ? lineOf(node, context) : undefined;
  if (line !== undefined) context.places[formatPath(path)] = line;
  if (node.anchor) return refuse('has an anchor (&name)', 'Write the values out.');
  if (node.tag && !node.tag.startsWith('tag:yaml.org,2002:')) {
    return refuse('has a tag (!name)', 'Remove the tag.');
  }
  if (isMap(node)) return toMap(node, path, context);
  if (isSeq(node)) {
    const items: unknown[] = [];
    for (const [index, item] of node.items.entries()) {
      items.push(await toData(item, [...path, index], context));
    }
    return items;
  }
  if (typeof node.value === 'string') return substitute(node.value, path, context);
  const isPlain = node.value === null || ['number', 'boolean'].includes(typeof node.value);
  return isPlain ? node.value : refuse('is of a type that JSON does not have', 'Quote it.');
}

async function toMap(map: YAMLMap, path: PropertyKey[], context: Context): Promise<unknown> {
  const data = new Map<string, unknown>();
  for (const { key: keyNode, value } of map.items) {
    const key = isScalar(keyNode) && keyNode.value !== null ? String(keyNode.value) : undefined;
    const refuse = (problem: string, remedy: string) =>
      context.report({ where: formatPath(path), problem, remedy });
    if (key === undefined || key === '__proto__') {
      refuse(`has a key that is no name${at(keyNode, context)}`, 'Use plain names as keys.');
    } else if (data.has(key)) {
      refuse(
        `has the key ${describeKey(key)} twice${at(keyNode, context)}`,
        'Keep one of the two.',
      );
    } else {
      data.set(key, await toData(value, [...path, key], context));
    }
  }
  return Object.fromEntries(data);
}

/** Replaces `${NAME}` by the variable's value, as text; `$${` stands for `${` itself. */
async function substitute(text: string, path: PropertyKey[], context: Context): Promise<string> {
  if (!text.includes('${')) return text;
  let result = '';
  for (const piece of text.split(/(\$?\$\{[^}]*\}?)/)) {
    if (piece.startsWith('$${')) result += piece.slice(1);
    else if (piece.startsWith('${')) result += await variableValue(piece, path, context);
    else result += piece;
  }
  return result;
}

async function variableValue(
  reference: string,
  path: PropertyKey[],
  { variables, report }: Context,
): Promise<string> {
  const where = formatPath(path);
  const name = new RegExp(`^${variableReference.source}$`).exec(reference)?.[1];
  if (!name) {
    const remedy =
      'Write a name of letters, digits and underscores in the braces, or $$ for the text itself.';
    report({ where, problem: 'has a malformed reference to a variable', remedy });
    return '';
  }
  const reading = await variables.read(name);
  if (reading.state === 'value') return reading.value;
  if (reading.state === 'absent') {
    const remedy = `Set ${name}, or ${name}_FILE to the path of a file that holds the value.`;
    report({ where, problem: `needs the variable ${name}, which is not set`, remedy });
  }
  return '';
}

function at(node: unknown, context: Context): string {
  const line = lineOf(node, context);
  return line === undefined ? '' : ` (line ${line})`;
}

function lineOf(node: unknown, { lines }: Context): number | undefined {
  const offset = (node as Node | null)?.range?.[0];
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
