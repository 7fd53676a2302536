/**
 * The page of the look: the form and its previews are one page. With scripts it previews what is typed by itself
 * (views/scripts/console.js), by the same request that the button "Preview" sends without.
 */
import { getSettings, patchSettings } from '../../admin/room.ts';
import { pagesShape } from '../../config/schema/declaration.ts';
import { serverLimits } from '../../definitions/limits.ts';
import { CardeaError } from '../../errors.ts';
import { InvalidFieldsError } from '../../input_check.ts';
import { previewedPages } from '../../pages/look_preview.ts';
import { themeStylesheet } from '../../pages/theme.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { type FormErrors, formErrorsOf, noErrors } from '../parts/form_errors.ts';
import {
  changedNames,
  defaultLook,
  type LookSettings,
  patchOf,
  type SettingName,
  storedLook,
  typedLook,
} from './look_settings.ts';
import { lookView } from './look_view.ts';
import { lookPath, resetPath, themePath } from './paths.ts';

const section = 'look' as const;

const read = async ({ call }: Pick<ConsoleRequest, 'call'>) => {
  const { body: settings, headers } = await call(getSettings);
  return { settings, version: headers.etag ?? '' };
};

const pageIn = (values: URLSearchParams) =>
  previewedPages.find((page) => page === values.get('page')) ?? 'sign_in';

const object: ConsolePage = {
  ...{ path: lookPath, method: 'GET', name: 'look.object', section, operation: getSettings },
  async handle(request) {
    const { form, isReturning, may } = request;
    const { settings, version } = await read(request);
    const shown = {
      ...{ settings, errors: noErrors, isForm: may(patchSettings) },
      typed: isReturning ? typedLook(form) : storedLook(settings),
      // What comes back is of the version that it was made from.
      version: (isReturning && form.get('version')) || version,
      page: pageIn(form),
    };
    return { view: await lookView(request, shown) };
  },
};

const save: ConsolePage = {
  ...{ path: lookPath, method: 'POST', name: 'look.edit', section, operation: patchSettings },
  uploadLimit: serverLimits.lookForm,
  async handle(request): Promise<ConsoleAnswer> {
    const { form, call } = request;
    const { settings, version: newest } = await read(request);
    const typed = typedLook(form);
    const isPreview = form.has('preview');
    const version = form.get('version') ?? '';
    const common = { settings, typed, page: pageIn(form), isForm: true };
    try {
      await call(patchSettings, {
        body: patchOf(typed, settings),
        ifMatch: version,
        ...(isPreview && { query: { dry_run: 'true' } }),
      });
    } catch (error) {
      const isStale = error instanceof CardeaError && error.code === 'version_mismatch';
      const errors = isStale ? noErrors : errorsOf(error);
      if (!errors) throw error;
      const shown = { ...common, errors, isStale, version: isStale ? newest : version };
      const status = isPreview ? 200 : isStale ? 412 : 400;
      return { view: await lookView(request, shown), status };
    }
    if (isPreview)
      return { view: await lookView(request, { ...common, version, errors: noErrors }) };
    const text = 'The look is saved. Each page that is opened from now on has it.';
    return { to: lookPath, flash: { tone: 'good', text } };
  },
};

/** The operation's members are below `pages`; the form's are not. */
function errorsOf(error: unknown): FormErrors | undefined {
  const fields = (['name', 'accent', 'documentation', 'logo'] as const).map((name) => ({
    ...{ name, label: name, as: 'text' as const },
  }));
  if (!(error instanceof InvalidFieldsError)) return formErrorsOf(error, fields);
  const errors = error.errors.map(({ pointer, detail }) => ({
    ...{ pointer: pointer.replace(/^#\/pages\//, '#/'), detail },
  }));
  return formErrorsOf(new InvalidFieldsError(errors), fields);
}

/** Of an accent that is not saved yet. */
const theme: ConsolePage = {
  ...{ path: themePath, method: 'GET', name: 'look.theme', section, operation: getSettings },
  async handle({ query }) {
    const accent = pagesShape.shape.accent.safeParse(query.get('accent'));
    const scheme = query.get('scheme') === 'dark' ? 'dark' : 'light';
    const body = accent.success ? themeStylesheet(accent.data, scheme) : '';
    return { file: { type: 'text/css; charset=utf-8', body } };
  },
};

const goesBack: Record<SettingName, string> = {
  name: `The name is ${defaultLook.name} again.`,
  accent: `The accent is ${defaultLook.accent} again.`,
  documentation: 'No documentation is linked.',
  logo: 'The logo that was uploaded is gone. It cannot be brought back from here.',
};

const reset = confirmPage({
  ...{ section, path: resetPath, name: 'look.reset', operation: patchSettings, read: getSettings },
  ...{ submit: 'Reset the look', danger: true },
  title: () => 'Reset the look?',
  trail: () => [{ label: 'Look', href: lookPath }],
  consequences: (settings) => {
    const names = changedNames(settings as LookSettings);
    if (names.length === 0) return ['Nothing was changed here, so nothing goes back.'];
    return [
      ...names.map((name) => goesBack[name]),
      'What the declarative file says stays as it is. People see the difference with the next page that they open.',
    ];
  },
  fixed: (settings) => ({
    pages: Object.fromEntries(changedNames(settings as LookSettings).map((name) => [name, null])),
  }),
  done: () => ({
    to: lookPath,
    flash: { tone: 'good', text: 'The look is as the declarative file and the defaults say.' },
  }),
});

export const lookPages: readonly ConsolePage[] = [object, save, theme, ...reset];
