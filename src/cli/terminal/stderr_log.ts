/**
 * A command's log: warnings from the rooms go to stderr as plain lines, so that stdout holds only the result.
 */
import { printable } from './output.ts';

type Write = (fields: object, message: string) => void;

export type CommandLog = { error: Write; warn: Write; info: Write; debug: Write };

export const commandLog: CommandLog = {
  error: write('error'),
  warn: write('warning'),
  info: () => {},
  debug: () => {},
};

function write(level: string): Write {
  return (fields, message) => {
    const cause = 'err' in fields && fields.err instanceof Error ? `: ${fields.err.message}` : '';
    process.stderr.write(`${level}: ${printable(message + cause)}\n`);
  };
}
