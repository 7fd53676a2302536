/**
 * The template files (eta): Cardea's own in views/, and an operator's folder whose files override them one by
 * one. A template is named by its path without extension, `@pages/sign_in`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import { CardeaError } from '../errors.ts';
import { escapeHtml } from './display_text.ts';

type TemplateSource = { path: string; text: string };

const ownFolder = fileURLToPath(new URL('../../views', import.meta.url));

export type Templates = {
  /** Renders a template, such as `pages/sign_in`, with `it`. Throws what the template throws. */
  render(template: string, it: object): string;
  /** Its file. */
  pathOf(template: string): string;
};

/**
 * Compiles all templates, so that none can fail to compile later. Throws one CardeaError that lists every
 * file that does not compile. `operatorFolder` is relative to the working directory.
 */
export function loadTemplates(operatorFolder?: string): Templates {
  const sources = readFolder(ownFolder);
  if (operatorFolder !== undefined) {
    for (const [name, source] of readOperatorFolder(resolve(operatorFolder))) {
      sources.set(name, source);
    }
  }
  // With `debug`, template errors name the line. It costs nothing noticeable.
  const eta = new Eta({ autoEscape: true, debug: true, escapeFunction: writeEscaped });
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
    render: (template, it) => eta.render(`@${template}`, it),
    pathOf: (template) => sources.get(template)?.path ?? template,
  };
}

/** One error for everything that is wrong with the operator's templates. */
export function unusableTemplates(problems: string[], cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'invalid_configuration',
    status: 500,
    message: `pages.templates is not usable:\n${problems.join('\n')}`,
    cause,
  });
}

/** What went wrong and on which line: the start of a message that continues with generated code. */
export function briefly(error: unknown): string {
  // Each include adds a layer. The innermost one that knows a line is where the error is.
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

/** A missing value is a mistake in the template: better to fail than to show "undefined". */
function writeEscaped(value: unknown): string {
  if (value === undefined || value === null)
    throw new TypeError(`a value in the template is ${value}`);
  return escapeHtml(String(value));
}

function readOperatorFolder(folder: string): Map<string, TemplateSource> {
  try {
    return readFolder(folder);
  } catch (cause) {
    throw unusableTemplates([`${folder}: cannot be read as a folder`], cause);
  }
}

function readFolder(folder: string): Map<string, TemplateSource> {
  const found = new Map<string, TemplateSource>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.eta')) continue;
    const path = join(folder, file);
    const name = file.slice(0, -'.eta'.length).split(sep).join('/');
    found.set(name, { path, text: readFileSync(path, 'utf8') });
  }
  return found;
}
