/**
 * `cardea inspect`: what a token is, whether it is valid, and if not, why. Shows everything that the token and the
 * store say about it, and changes nothing.
 */
import type { Command } from 'commander';
import {
  type ExpectationFields,
  parseExpectations,
  type Report,
  type WordedReport,
  wordReport,
} from '../inspection/room.ts';
import { fill, pageTexts, textIn } from '../pages/texts.ts';
import { withContext } from './context.ts';
import { UsageError } from './terminal/failures.ts';
import { readBearer } from './terminal/input.ts';
import { card, type OutputOptions, print, printable, withJson } from './terminal/output.ts';

/** Each is one field of the page's form; what may be given several times is put together. */
type Options = OutputOptions & {
  api?: string;
  issuer?: string;
  audience?: string[];
  scope?: string[];
  claim?: string[];
  at?: string;
  tolerance?: string;
};

const locale = 'en';
const { inspector: texts } = pageTexts[locale];

export function register(command: Command): void {
  withJson(command)
    .argument('[token]', 'the token; - or none: from stdin, out of sight of other processes')
    .option('--api <identifier>', 'would this API accept it')
    .option('--issuer <url>', 'the issuer that is expected')
    .option('--audience <audience...>', 'audiences that are expected')
    .option('--scope <scope...>', 'scopes that are expected')
    .option('--claim <name=value...>', 'claims that are expected')
    .option('--at <time>', 'the instant to judge by, in place of now: 2031-05-04T10:20:30Z')
    .option('--tolerance <seconds>', 'for clocks that differ')
    .addHelpText('after', '\nThe exit code is 1 for a token that is not good.')
    .action(inspect);
}

async function inspect(argument: string | undefined, options: Options): Promise<void> {
  const { expectations, problems } = parseExpectations(fieldsOf(options));
  const [problem] = Object.entries(problems);
  if (problem) {
    const [field, code] = problem as [string, keyof typeof texts.problems];
    throw new UsageError(`--${field}: ${texts.problems[code]}`);
  }
  const text = await readBearer(argument);
  const report = await withContext(async (context) => {
    const { apis, config } = context;
    if (expectations.api !== undefined && !apis.find(expectations.api)) {
      const known = apis.list().map(({ identifier }) => identifier);
      throw new UsageError(`--api: ${fill(texts.problems.api, { known: known.join(', ') })}`);
    }
    const { openInspection } = await import('../app/inspection.ts');
    const { inspect } = await openInspection(config, context);
    return inspect({
      ...{ text, expectations, visitor: { seesRecords: true, fetchesKeys: true } },
      nameOf: ({ name }) => textIn(locale, name),
    });
  });
  const worded = wordReport(report, texts, locale);
  print(jsonOf(report, worded), options, () => render(worded));
  if (report.verdict !== 'accepted') process.exitCode = 1;
}

function fieldsOf({ audience, scope, claim, ...options }: Options): ExpectationFields {
  return {
    ...options,
    audience: audience?.join(' '),
    scope: scope?.join(' '),
    claim: claim?.join('\n'),
  };
}

function jsonOf({ kind, verdict, reason, header, claims }: Report, worded: WordedReport) {
  return {
    ...{ kind: worded.kind, kind_code: kind, valid: verdict === 'accepted', verdict },
    reason: reason && { code: reason.code, text: worded.reason },
    ...{ header, claims },
    checks: worded.sections.flatMap(({ name: section, statements }) =>
      statements.map((statement) => ({ section, ...statement })),
    ),
  };
}

function render({ kind, headline, reason, sections }: WordedReport): string {
  const width = Math.max(...Object.values(texts.levels).map((level) => level.length));
  const blocks = sections.map(({ title, statements, members }) =>
    [
      title,
      ...statements.map(({ level, text }) => `  ${levelOf(level).padEnd(width)}  ${text}`),
      ...(members.length > 0 ? [indent(card(Object.fromEntries(members.map(memberText))))] : []),
    ].join('\n'),
  );
  const head = `${kind}: ${headline}${reason ? `\n${reason}` : ''}`;
  return [head, ...blocks].map((block) => block.split('\n').map(printable).join('\n')).join('\n\n');
}

function levelOf(level: string): string {
  return texts.levels[level as keyof typeof texts.levels];
}

function memberText(member: WordedReport['sections'][0]['members'][0]): [string, string] {
  const { name, value, words, time, relative } = member;
  const when = time ? ` (${time}, ${relative})` : '';
  return [name, `${value}${when}${words ? `  · ${words}` : ''}`];
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
