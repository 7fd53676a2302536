/**
 * A page as it would look with another name, accent or logo, in one color scheme: by the very templates, in a document
 * of its own that a frame shows. Nothing in it runs or can be sent.
 */
import { pictureOf } from '../definitions/pictures.ts';
import type { Assets } from './assets.ts';
import { ownLogo } from './logo.ts';
import type { PageData } from './page_data.ts';
import { pageSamples } from './page_samples.ts';
import type { ColorScheme } from './theme.ts';
import type { Views } from './views.ts';

export type Look = {
  name: string;
  /** `#4f46e5` */
  accent: string;
  /** A PNG or SVG; `current`: the one that pages have now; `own`: Cardea's own, in the accent. */
  logo: Buffer | 'current' | 'own';
};

export const previewedPages = ['sign_in', 'consent'] as const;
export type PreviewedPage = (typeof previewedPages)[number];

/** `themeUrl`: where the stylesheet of the accent in this scheme is served. Returns a document for `srcdoc`. */
export type PreviewLook = (
  look: Look,
  shown: { page: PreviewedPage; scheme: ColorScheme; themeUrl: string },
) => string;

const samples = {
  sign_in: pageSamples.sign_in.plain,
  consent: pageSamples.consent.plain,
} as { [Page in PreviewedPage]: PageData[Page] };

export function createLookPreview({
  views,
  assets,
}: {
  views: Pick<Views, 'render'>;
  assets: Pick<Assets, 'urls'>;
}): PreviewLook {
  return ({ name, accent, logo }, { page, scheme, themeUrl }) => {
    const urls = {
      ...assets.urls,
      stylesheet: assets.urls.stylesheetFor[scheme],
      theme: themeUrl,
      logo: logo === 'current' ? assets.urls.logo : inline(logo, accent),
    };
    const html = views.render(page, samples[page], {
      ...{ locale: 'en', requestId: 'preview', look: { name, urls } },
    });
    return withoutActs(html);
  };
}

/** Is not at any address yet. */
function inline(logo: Buffer | 'own', accent: string): Assets['urls']['logo'] {
  const picture = logo === 'own' ? undefined : pictureOf(logo);
  const { body, type, wide } =
    logo === 'own' || !picture ? ownLogo(accent) : { body: logo, ...picture };
  return { url: `data:${type};base64,${body.toString('base64')}`, wide };
}

/** The frame runs no scripts and takes no focus, and browsers complain of each that would. */
function withoutActs(html: string): string {
  return html.replace(/<script\b[^>]*><\/script>/g, '').replace(/ autofocus(?=[ >])/g, '');
}
