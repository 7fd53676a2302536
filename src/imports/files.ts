/**
 * Files as they are read for an import: line by line where the format allows it, else in one piece up to a limit.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { CardeaError } from '../errors.ts';

/** A JSON document must fit in memory several times over. */
const maxDocumentBytes = 256 * 1024 * 1024;
/** One user or client; exports have a few KiB for each. */
export const maxRecordBytes = 1024 * 1024;

/** Throws CardeaError `unreadable_import` if there is no such file, or it is too large or not JSON. */
export async function readDocument(path: string, remedy: string): Promise<unknown> {
  const { size } = await stat(path).catch(notReadable);
  if (size > maxDocumentBytes) {
    throw unreadable(`The file has more than ${maxDocumentBytes / 1024 ** 2} MiB. ${remedy}`);
  }
  const text = await readFile(path, 'utf8').catch(notReadable);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // The parser's own words show a piece of the file.
    throw unreadable('The file is not a JSON document.', cause);
  }
}

/** Lines that are not empty, with their numbers from 1. Throws CardeaError `unreadable_import`, also for huge lines. */
export async function* readLines(path: string): AsyncGenerator<{ line: number; text: string }> {
  let rest = '';
  let line = 0;
  const next = (text: string) => {
    line += 1;
    return text.trim() === '' ? [] : [{ line, text }];
  };
  for await (const chunk of readText(path)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxRecordBytes) {
      throw unreadable(`Line ${line + 1} has more than ${maxRecordBytes / 1024} KiB.`);
    }
    for (const text of lines) yield* next(text);
  }
  yield* next(rest);
}

/** The first character that is not white space; undefined for an empty file. */
export async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const chunk of readText(path)) {
    const text = chunk.trimStart();
    if (text !== '') return text[0];
  }
  return undefined;
}

/** Its text, piece by piece, without a byte order mark. Throws CardeaError `unreadable_import`. */
export async function* readText(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    if (cause instanceof TypeError && 'code' in cause) {
      throw unreadable('The file is not UTF-8 text. Is it packed?', cause);
    }
    throw isFileError(cause) ? notReadable(cause) : cause;
  }
}

export function unreadable(message: string, cause?: unknown): CardeaError {
  return new CardeaError({ code: 'unreadable_import', status: 400, message, cause });
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function notReadable(cause: unknown): never {
  throw unreadable('The file does not exist, or cannot be read.', cause);
}
