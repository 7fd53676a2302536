/**
 * What the page of the look shows: a form of what operators decide, what the file decides, and previews of both schemes.
 */
import { getSettingsYaml } from '../../admin/room.ts';
import { longestPicture } from '../../definitions/pictures.ts';
import { type PreviewedPage, previewedPages } from '../../pages/look_preview.ts';
import type { ConsoleRequest } from '../page.ts';
import type { FormErrors } from '../parts/form_errors.ts';
import type { Fact } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { accentAdvice } from './accent_advice.ts';
import {
  changedNames,
  defaultLook,
  isEditable,
  type LookSettings,
  logoText,
  lookOf,
  originOf,
  pictureIn,
  type SettingName,
  settingNames,
  storedLook,
  type TypedLook,
} from './look_settings.ts';
import { lookPath, resetPath, themeOf } from './paths.ts';

export type ShownLook = {
  settings: LookSettings;
  version: string;
  typed: TypedLook;
  errors: FormErrors;
  page: PreviewedPage;
  /** False: the person only looks. */
  isForm: boolean;
  /** Somebody changed it since the form was made: what is stored now. */
  isStale?: boolean;
};

const labels: Record<SettingName, string> = {
  name: 'Name',
  accent: 'Accent',
  documentation: 'Documentation',
  logo: 'Logo',
};

const hints: Record<SettingName, string> = {
  name: 'Yours, on every page and in the title of each. Empty: Cardea.',
  accent: `The colour of buttons and links. Empty: ${defaultLook.accent}.`,
  documentation:
    'The address of yours for developers, linked at the issuer’s own page and in discovery. Optional.',
  logo: `A PNG or SVG of at most ${longestPicture / 1024} KiB. One that is at least twice as wide as high stands in place of the name.`,
};

const pageLabels: Record<PreviewedPage, string> = { sign_in: 'Sign-in', consent: 'Consent' };

export async function lookView(request: ConsoleRequest, shown: ShownLook) {
  const { call, isReturning, previewLook, link } = request;
  const { settings, typed, page, isForm } = shown;
  const look = lookOf(typed, settings);
  const yaml = (await call(getSettingsYaml)).body;
  const names = settingNames.filter((name) => isForm && isEditable(settings, name));
  return {
    ...{ title: 'Look of the sign-in pages', template: 'look' },
    data: {
      ...{ isForm, isReturning, isStale: shown.isStale ?? false, others: shown.errors.others },
      action: lookPath,
      reset: isForm && changedNames(settings).length > 0 ? resetPath : undefined,
      hidden: {
        version: shown.version,
        logo_kept: typed.logo !== '' && pictureIn(typed.logo) ? typed.logo : '',
      },
      fields: names.map((name) => fieldOf(name, shown)),
      accent: look.accent,
      advice: accentAdvice(look.accent),
      facts: settingNames
        .filter((name) => !names.includes(name))
        .map((name) => factOf(name, settings)),
      page,
      pages: previewedPages.map((value) => ({ value, label: pageLabels[value] })),
      previews: (['light', 'dark'] as const).map((scheme) => ({
        scheme,
        label: scheme === 'light' ? 'Light' : 'Dark',
        document: previewLook(look, {
          ...{ page, scheme },
          themeUrl: link(themeOf({ accent: look.accent, scheme })),
        }),
      })),
      yaml,
    },
  };
}

function fieldOf(name: SettingName, { settings, typed, errors, isStale }: ShownLook) {
  const stored = storedLook(settings);
  const isSame = name === 'logo' ? !typed.logo && !typed.removesLogo : stored[name] === typed[name];
  return {
    ...{ name, label: labels[name], hint: hints[name], as: 'text', code: name !== 'name' },
    ...{ text: name === 'logo' ? '' : typed[name], chosen: [], options: [] },
    placeholder: name === 'logo' ? '' : (defaultLook[name] ?? 'https://docs.example'),
    errors: errors.byField.get(name) ?? [],
    stored:
      isStale && !isSame ? (name === 'logo' ? logoText(settings) : stored[name] || '') : undefined,
    ...(name === 'logo' && {
      most: longestPicture,
      now: typed.logo && pictureIn(typed.logo) ? 'The one that you chose' : logoText(settings),
      isRemovable: originOf(settings, 'logo').managed_by === 'operator',
      isRemoved: typed.removesLogo,
    }),
  };
}

const deciders = { operator: 'Set here', default: 'The default', file: 'Declarative file' };

function factOf(name: SettingName, settings: LookSettings): Fact {
  const { managed_by: by, managed_at: place } = originOf(settings, name);
  return {
    label: labels[name],
    value: name === 'logo' ? show.text(logoText(settings)) : show.text(settings.pages[name]),
    hint: place === undefined ? deciders[by] : `${place}. Change it there.`,
  };
}
