/**
 * The alert rules of deploy/monitoring as a table: what each says, and what to do about it.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { table } from './markdown_table.ts';

type Rules = {
  groups: {
    rules: {
      alert: string;
      labels: { severity: string };
      annotations: { summary: string; action: string };
    }[];
  }[];
};

const file = new URL('../../deploy/monitoring/cardea.rules.yml', import.meta.url);

export function alertTable(): string {
  const { groups } = parse(readFileSync(file, 'utf8')) as Rules;
  return table(
    ['Alert', 'Severity', 'What it says', 'What to do'],
    groups.flatMap(({ rules }) =>
      rules.map(({ alert, labels, annotations: { summary, action } }) => [
        `\`${alert}\``,
        ...[labels.severity, summary, action],
      ]),
    ),
  );
}
