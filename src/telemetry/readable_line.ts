/**
 * The log for a person at a terminal: a JSON line as one readable line. Leaves out what only programs look
 * for. A stack trace follows where it matters.
 */
import { withoutControls } from './log_fields.ts';

type Line = Record<string, unknown>;
type LoggedError = { message?: unknown; stack?: unknown };

const ownWords = new Set(['level', 'time', 'pid', 'msg', 'reason', 'err']);
/** What the start of a request's line already says, or what nobody at a terminal needs. */
const ofRequest = new Set(['method', 'route', 'status', 'duration_ms', 'ip', 'request_id']);
const withStack = new Set(['error', 'fatal', 'debug', 'trace']);

/** Without control characters: unlike JSON, a terminal obeys them. */
export function readableLine(line: Line): string {
  return withoutControls(line.msg === 'request' ? requestLine(line) : eventLine(line));
}

function requestLine(line: Line): string {
  const { method, route, status, duration_ms: ms, request_id: id } = line;
  const words = [method, route, status, `${Math.round(Number(ms))} ms`];
  // A person who saw an error page has its reference.
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
    .filter(([name, value]) => value !== undefined && !ownWords.has(name) && !except.has(name))
    .map(([name, value]) => `${name}=${asWord(value)}`);
}

/** What a client sent must not look like another field or another line. */
function asWord(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
