/** What pages of programs are expected to show. */
import type { Shown } from './program.ts';

/** @throws where the page lacks one of the texts, with the page */
export function expectShown(page: Shown, ...texts: string[]): void {
  const missing = texts.filter((text) => !page.body.includes(text));
  if (page.status < 400 && missing.length === 0) return;
  const what = missing.length > 0 ? `${missing.join(', ')} is missing` : `status ${page.status}`;
  throw new Error(`${what} at ${page.url}\n${page.body.slice(0, 3000)}`);
}
