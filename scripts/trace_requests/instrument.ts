/**
 * Adds a call to the beginning of each function of a module, by which the function reports that it was entered.
 */
import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, type Function as FunctionNode, parse } from 'acorn';

/**
 * `source` is TypeScript with erasable types; what comes back is JavaScript with the same lines. Each function begins
 * with `call(id)`: `call` names a global, and `idOf` is asked for the number once for each function.
 */
export function instrument(
  source: string,
  { call, idOf }: { call: string; idOf: (found: { name: string; line: number }) => number },
): string {
  const code = stripTypeScriptTypes(source);
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const insertions: { at: number; text: string }[] = [];
  visitFunctions(program, '', (node, name) => {
    const report = `${call}(${idOf({ name, line: node.loc?.start.line ?? 0 })})`;
    const { type, start, end } = node.body;
    if (type === 'BlockStatement') insertions.push({ at: start + 1, text: `${report};` });
    else insertions.push({ at: start, text: `(${report},` }, { at: end, text: ')' });
  });
  // The last one first: the positions of the others stay right.
  return insertions
    .sort((one, other) => other.at - one.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), code);
}

/** `name`: the function's own, or else that of the variable, property or method that it is the value of. */
function visitFunctions(
  node: AnyNode,
  name: string,
  found: (node: FunctionNode, name: string) => void,
): void {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      found(node, node.id?.name ?? name);
  }
  const nameForValue = nameOf(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visitFunctions(child, nameForValue, found);
    }
  }
}

function nameOf(node: AnyNode): string {
  const named = 'key' in node ? node.key : 'id' in node ? node.id : undefined;
  return named?.type === 'Identifier' ? named.name : '';
}
