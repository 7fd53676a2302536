/**
 * The lines that come by the thousand, such as that of a request, at a fifth of what pino takes for them. It owns that
 * such a line is the one that pino would write, byte for byte: whatever has to be redacted, escaped, or looked into is
 * left to pino.
 */
import { isHarmless, isSecretName, withoutCredentials } from './log_fields.ts';

/** The line, or undefined where it is pino's to write. */
export type PlainLine = (fields: object, message: string) => string | undefined;

export type PlainLineOptions = {
  /** The line up to its time, such as `{"level":"info"`. */
  start: string;
  /** What follows the time: the fields that all lines have, such as `,"pid":1`. */
  base: string;
  /** See `createTimeField`. */
  timeField: () => string;
};

export function createPlainLine({ start, base, timeField }: PlainLineOptions): PlainLine {
  return function plainLine(fields, message) {
    if (Object.getPrototypeOf(fields) !== Object.prototype || !isPrintable(message)) return;
    let line = start + timeField() + base;
    for (const name of Object.keys(fields)) {
      const value: unknown = fields[name as keyof typeof fields];
      if (value === undefined) continue;
      const field = fieldStart(name);
      if (field === undefined) return;
      if (typeof value === 'string') {
        if (!isHarmless(value) && !(isPrintable(value) && withoutCredentials(value) === value))
          return;
        line += `${field}"${value}"`;
      } else if (typeof value === 'boolean' || Number.isFinite(value)) {
        line += field + value;
      } else return;
    }
    return `${line},"msg":"${message}"}\n`;
  };
}

/** Texts that stand in JSON as they are. */
function isPrintable(text: string): boolean {
  return /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text);
}

/** What pino treats in a way of its own: errors, and objects that look like a request or a response. */
const namesLeftToPino = new Set(['err', 'headers', 'setHeader']);

/** `,"name":`, or undefined if a field of this name is not plain. There are few names, and they come with every line. */
const fieldStarts = new Map<string, string>();
const maxCachedNames = 1000;

function fieldStart(name: string): string | undefined {
  const known = fieldStarts.get(name);
  if (known !== undefined) return known;
  if (!/^\w+$/.test(name) || isSecretName(name) || namesLeftToPino.has(name)) return;
  const start = `,"${name}":`;
  if (fieldStarts.size < maxCachedNames) fieldStarts.set(name, start);
  return start;
}

/** `,"time":"…"`, now, as pino's `isoTime` writes it. What is the same for a whole second is written once. */
export function createTimeField(): () => string {
  let second = Number.NaN;
  let start = '';
  return () => {
    const now = Date.now();
    const nowSecond = Math.floor(now / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      start = `,"time":"${new Date(second * 1000).toISOString().slice(0, -4)}`;
    }
    return `${start}${String(now - second * 1000).padStart(3, '0')}Z"`;
  };
}
