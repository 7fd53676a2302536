/** What the soak prints. */

export type Row = {
  /** What must be, in words. */
  must: string;
  seen: string;
  isGood: boolean;
};

export function printTableHead(): void {
  console.log('|  | seen | good |\n| --- | --- | --- |');
}

export function printRows(rows: readonly Row[]): void {
  for (const { must, seen, isGood } of rows) {
    console.log(`| ${must} | ${seen} | ${isGood ? 'yes' : 'NO'} |`);
  }
}
