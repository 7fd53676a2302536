/**
 * The documentation, taken apart: every page of the project with its code blocks, the code within its
 * sentences, its links and its anchors. What holds for them is asserted by the tests beside this file.
 *
 * A comment in front of a block says how it is tested; readers do not see it. One note a line:
 *
 *     run: SCENE       its commands are run there (scenes.ts)
 *     before: COMMAND  run first; what the reader has at hand and the page does not make
 *     after: COMMAND   run last, to see what came of it
 *     shows: TEXT      is in what the commands print
 *     not run: REASON  why it is not
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export type Block = {
  page: string;
  /** Of its opening fence; names the block in reports. */
  line: number;
  language: string;
  text: string;
  notes: { note: string; text: string }[];
  /** The file that it shows as it is, which the sentence in front of it links to; relative to the page. */
  shownFile: string | undefined;
};

/** `line`: of the paragraph, list or table that it is in. */
export type Piece = { text: string; line: number };

export type Page = {
  path: string;
  blocks: Block[];
  /** `code` within sentences and tables. */
  codes: Piece[];
  links: Piece[];
  tables: { line: number; head: string[]; rows: string[][] }[];
  /** Ids of its headings, as GitHub makes them. */
  anchors: Set<string>;
};

/** The end of a sentence that introduces a file: of the guides, or of the programs that are tried with Cardea. */
const shown = /\]\(((?:examples|\.\.\/\.\.\/scripts\/compatibility\/programs)\/[^)]+)\):\s*$/;

export const pages: readonly Page[] = globSync('**/*.md', {
  cwd: root,
  exclude: ['**/node_modules/**', 'data/**', '**/target/**', '**/venv/**'],
})
  .sort()
  .map(readPage);

export const blocks = pages.flatMap((page) => page.blocks);

/** `docs/operations.md:12`, which editors and terminals open. */
export function placeOf({ page, line }: { page: string; line: number }): string {
  return `${page}:${line}`;
}

export function notesOf(block: Block, note: string): string[] {
  return block.notes.filter((entry) => entry.note === note).map(({ text }) => text);
}

function readPage(path: string): Page {
  const page: Page = { path, blocks: [], codes: [], links: [], tables: [], anchors: new Set() };
  const slugger = new GithubSlugger();
  let line = 1;
  let before: Token[] = [];
  for (const token of lexer(readFileSync(`${root}${path}`, 'utf8'))) {
    const place = line;
    walkTokens([token], (inner) => {
      if (inner.type === 'codespan') page.codes.push({ text: inner.text, line: place });
      if (inner.type === 'link') page.links.push({ text: inner.href, line: place });
      if (inner.type === 'image') page.links.push({ text: inner.href, line: place });
      if (inner.type === 'heading') page.anchors.add(slugger.slug(plain(inner.tokens ?? [])));
      if (inner.type === 'table') page.tables.push({ line: place, ...cellsOf(inner) });
      if (inner.type === 'code')
        page.blocks.push(blockOf(inner, { page: path, line: place, before }));
    });
    line += token.raw.split('\n').length - 1;
    before = token.type === 'space' ? before : [...before.slice(-1), token];
  }
  return page;
}

function blockOf(
  { lang = '', text }: Tokens.Code | Tokens.Generic,
  { page, line, before }: { page: string; line: number; before: Token[] },
): Block {
  const last = before.at(-1);
  const comment = last?.type === 'html' ? /^<!--(.*)-->\s*$/s.exec(last.raw)?.[1] : undefined;
  const notes = (comment ?? '').split('\n').flatMap((text) => {
    const [, note, value] = /^\s*([a-z][a-z ]*): (.*\S)\s*$/.exec(text) ?? [];
    return note && value ? [{ note, text: value }] : [];
  });
  const introduction = shown.exec(last?.raw ?? '');
  return { page, line, language: lang, text: `${text}\n`, notes, shownFile: introduction?.[1] };
}

function cellsOf({ header, rows }: Tokens.Table | Tokens.Generic) {
  const texts = (cells: Tokens.TableCell[]) => cells.map(({ text }) => text);
  return { head: texts(header), rows: rows.map(texts) as string[][] };
}

/** A heading without its marks. */
function plain(tokens: Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plain(token.tokens) : (token as Tokens.Text).text,
    )
    .join('');
}
