/**
 * Reads HTML back for assertions, with the parser that browsers' rules define.
 */
import { type DefaultTreeAdapterTypes, parse } from 'parse5';

export type Element = {
  tag: string;
  attributes: Record<string, string>;
  /** All text within. */
  text: string;
};

/** Every element of a document, in document order. */
export function elementsOf(html: string): Element[] {
  const found: Element[] = [];
  const visit = (node: DefaultTreeAdapterTypes.ChildNode): void => {
    if (!('tagName' in node)) return;
    found.push({
      tag: node.tagName,
      attributes: Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])),
      text: textOf(node),
    });
    node.childNodes.forEach(visit);
  };
  parse(html).childNodes.forEach(visit);
  return found;
}

/** Tags and attribute names without any value: what text must never change. */
export function structureOf(html: string): string {
  return elementsOf(html)
    .map(({ tag, attributes }) => `${tag}[${Object.keys(attributes)}]`)
    .join('\n');
}

function textOf(node: DefaultTreeAdapterTypes.ParentNode): string {
  return node.childNodes
    .map((child) => ('value' in child ? child.value : 'childNodes' in child ? textOf(child) : ''))
    .join('');
}
