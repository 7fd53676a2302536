/**
 * The log for a person at a terminal: what a JSON line says, in one readable line. It leaves out what only a
 * program looks for; a stack stands beneath where it is the news.
 */
import { printable } from './log_fields.ts';

type Line = Record<string, unknown>;
type LoggedError = { message?: unknown; stack?: unknown };

const standing = new Set(['level', 'time', 'pid', 'msg', 'reason', 'err']);
/** What the beginning of a request's line says, or nobody at a terminal asks for. */
const ofRequest = new Set(['method', 'route', 'status', 'duration_ms', 'ip', 'request_id']);
const withStack = new Set(['error', 'fatal', 'debug', 'trace']);

/** Without control characters: unlike a JSON line, a terminal obeys them. */
export function readableLine(line: Line): string {
  return printable(line.msg === 'request' ? requestLine(line) : eventLine(line));
}

function requestLine(line: Line): string {
  const { method, route, status, duration_ms: ms, request_id: id } = line;
  const words = [method, route, status, `${Math.round(Number(ms))} ms`];
  // A person who was shown an error page has its reference.
  const reference = Number(status) >= 400 ? { request_id: id } : {};
  return [...words, ...pairs(line, ofRequest), ...pairs(reference)].join(' ');
}

function eventLine(line: Line): string {
  const { msg, reason } = line;
  const { message, stack } = (line.err ?? {}) as LoggedError;
  const text = [typeof reason === 'string' ? `${msg}: ${reason}` : msg, ...pairs(line)].join(' ');
  if (message === undefined) return text;
  return stack && withStack.has(String(line.level)) ? `${text}\n${stack}` : `${text}: ${message}`;
}

function pairs(line: Line, except: ReadonlySet<string> = new Set()): string[] {
  return Object.entries(line)
    .filter(([name, value]) => value !== undefined && !standing.has(name) && !except.has(name))
    .map(([name, value]) => `${name}=${asWord(value)}`);
}

/** What a client sent must not look like another field, or like a line of its own. */
function asWord(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
