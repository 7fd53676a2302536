/**
 * How the command line reports failures, and the exit codes.
 */
import { styleText } from 'node:util';
import { CardeaError } from '../../errors.ts';

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {}

type Problem = { where: string; problem: string; remedy: string };

/** Writes the failure to stderr, as one JSON object with `asJson`. Returns the exit code. */
export function reportFailure(error: unknown, { asJson }: { asJson: boolean }): number {
  const { code, message, problems } = describe(error);
  if (asJson) {
    process.stderr.write(`${JSON.stringify({ error: { code, message, problems } })}\n`);
  } else if (problems) {
    process.stderr.write(`${formatProblems(problems)}\n`);
  } else {
    process.stderr.write(`${styleText('red', 'error:', { stream: process.stderr })} ${message}\n`);
  }
  return error instanceof UsageError ? 2 : 1;
}

/** Configuration problems for people: the place and the problem, and the remedy below. */
export function formatProblems(
  problems: readonly Problem[],
  stream: NodeJS.WriteStream = process.stderr,
): string {
  const paint = (style: 'red' | 'bold', text: string) => styleText(style, text, { stream });
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`;
  const paragraphs = problems.map(
    ({ where, problem, remedy }) => `  ${paint('bold', where)} ${problem}.\n    ${remedy}`,
  );
  return [paint('red', `The configuration has ${count}:`), ...paragraphs].join('\n\n');
}

function describe(error: unknown): { code: string; message: string; problems?: Problem[] } {
  if (error instanceof UsageError) return { code: 'wrong_use', message: error.message };
  if (error instanceof CardeaError) {
    const { code, message } = error;
    return 'problems' in error
      ? { code, message, problems: error.problems as Problem[] }
      : { code, message };
  }
  const text = error instanceof Error ? error.message : String(error);
  if (process.env.CARDEA_LOG_LEVEL === 'debug' && error instanceof Error) {
    return { code: 'unexpected', message: error.stack ?? text };
  }
  return { code: 'unexpected', message: `${text} (set CARDEA_LOG_LEVEL=debug for details)` };
}
