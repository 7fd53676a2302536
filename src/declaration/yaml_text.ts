/**
 * YAML as the declarative file has it. Whatever is in a value stays a value there: nothing becomes a reference to a
 * variable, an anchor or another type, and nothing moves a terminal's cursor.
 */
/** Stands for a secret: written as `${NAME}`. */
export class SecretPlaceholder {
  readonly name: string;

  /** `of`: whose secret it is; what is no letter, digit or underscore there becomes one. */
  constructor(of: string, kind: string) {
    const name = `${of}_${kind}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    this.name = name.replace(/^_*(?=[^A-Z_])/, '_').slice(-100);
  }
}

const invisible = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/** `comments`: lines above it. The library is loaded by the first text: few processes ever write one. */
export async function yamlText(
  data: Record<string, unknown>,
  comments: readonly string[] = [],
): Promise<string> {
  const { Document, Scalar, visit } = await import('yaml');
  const document = new Document(withReferences(data), { aliasDuplicateObjects: false });
  if (comments.length > 0) {
    document.commentBefore = comments
      .map((line) => ` ${line.replace(new RegExp(invisible, 'gu'), ' ')}`)
      .join('\n');
  }
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && invisible.test(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity });
  return text.replace(
    /[\p{Bidi_Control}\u007f-\u009f\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Members without a value are left out. */
function withReferences(value: unknown): unknown {
  if (value instanceof SecretPlaceholder) return `\${${value.name}}`;
  // Up to the brace that would end a reference: the reader takes back no more.
  if (typeof value === 'string') return value.replace(/\$\{[^}]*\}?/g, (found) => `$${found}`);
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withReferences(member)]));
}
