/**
 * The template files (eta): Cardea's own in views/, and an operator's folder whose files take
 * precedence one by one. A template is named by its path without extension, `@pages/sign_in`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import { CardeaError } from '../errors.ts';
import { escapeHtml } from './display_text.ts';

type Source = { path: string; text: string };

const ownFolder = fileURLToPath(new URL('../../views', import.meta.url));

export type Templates = {
  /** Renders a page's template with `it`; throws what the template throws. */
  render(page: string, it: object): string;
  /** The file behind a page's template. */
  pathOf(page: string): string;
};

/**
 * Compiles all templates, so that none can fail to later. Throws one CardeaError that lists every
 * file which does not compile. `operatorFolder` is relative to the working directory.
 */
export function loadTemplates(operatorFolder?: string): Templates {
  const sources = readFolder(ownFolder);
  if (operatorFolder !== undefined) {
    for (const [name, source] of readOperatorFolder(resolve(operatorFolder))) {
      sources.set(name, source);
    }
  }
  // `debug` makes a template's errors name the line, at no cost that a page would show.
  const eta = new Eta({ autoEscape: true, debug: true, escapeFunction: write });
  const problems: string[] = [];
  for (const [name, { path, text }] of sources) {
    try {
      eta.loadTemplate(`@${name}`, text);
    } catch (error) {
      problems.push(`${path}: ${briefly(error)}`);
    }
  }
  if (problems.length > 0) throw unusableTemplates(problems);
  return {
    render: (page, it) => eta.render(`@pages/${page}`, it),
    pathOf: (page) => sources.get(`pages/${page}`)?.path ?? page,
  };
}

/** One error for whatever is wrong with the operator's templates. */
export function unusableTemplates(problems: string[], cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'invalid_configuration',
    status: 500,
    message: `pages.templates can not be used:\n${problems.join('\n')}`,
    cause,
  });
}

/** What went wrong and on which line: the beginning of a message that goes on with generated code. */
export function briefly(error: unknown): string {
  // Each include on the way adds a layer; the innermost that knows a line is the place.
  let place = error;
  while (place instanceof Error && place.cause instanceof Error && place.cause.cause) {
    place = place.cause;
  }
  return (place instanceof Error ? place.message : String(place))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 8)
    .join('\n  ');
}

/** A value that is not there is a mistake in the template: better found than shown as "undefined". */
function write(value: unknown): string {
  if (value === undefined || value === null) throw new TypeError(`a value to write is ${value}`);
  return escapeHtml(String(value));
}

function readOperatorFolder(folder: string): Map<string, Source> {
  try {
    return readFolder(folder);
  } catch (cause) {
    throw unusableTemplates([`${folder}: can not be read as a folder`], cause);
  }
}

function readFolder(folder: string): Map<string, Source> {
  const found = new Map<string, Source>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.eta')) continue;
    const path = join(folder, file);
    const name = file.slice(0, -'.eta'.length).split(sep).join('/');
    found.set(name, { path, text: readFileSync(path, 'utf8') });
  }
  return found;
}
