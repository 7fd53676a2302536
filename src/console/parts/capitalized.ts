/** Its first letter as a capital: what begins a sentence or a label. */
export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
