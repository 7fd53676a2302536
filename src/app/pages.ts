/**
 * The server's pages, with the operator's name, colors, logo and templates, as they are at each request.
 */
import type { FindAsset } from '../pages/asset_routes.ts';
import { type Assets, createAssets } from '../pages/assets.ts';
import { type ConsoleViews, createConsoleViews } from '../pages/console_views.ts';
import { readLogo } from '../pages/logo.ts';
import { createLookPreview, type PreviewLook } from '../pages/look_preview.ts';
import { createPageRenderer, type PageRenderer } from '../pages/page_renderer.ts';
import { createViews, type Views } from '../pages/views.ts';
import type { EffectiveSettings } from '../settings/room.ts';
import { withinTime } from '../time_limit.ts';
import type { Start } from './start.ts';

export type Pages = {
  findAsset: FindAsset;
  views: Views;
  consoleViews: ConsoleViews;
  renderer: PageRenderer;
  previewLook: PreviewLook;
  /** Resolves when a change of the settings that completed before is known; without the store, after a while. */
  follow(): Promise<unknown>;
};

/** Milliseconds. */
const longestFollowing = 1000;
/** Pages that were sent before a change refer to the files of that time. */
const keptLooks = 8;

export function createPages({ config, basePath, services, log }: Start): Pages {
  const { settings, watch } = services;
  const { pages } = config.declaration;
  // Once: the file may be gone when something else changes.
  const declaredLogo = pages.logo === undefined ? undefined : readLogo(pages.logo).body;
  const looks: { of: EffectiveSettings; assets: Assets }[] = [];

  const current = (): Assets => {
    const of = settings.effective();
    const [newest] = looks;
    if (newest?.of === of) return newest.assets;
    const { accent } = of.pages;
    const logo = of.uploadedLogo ?? declaredLogo;
    const assets = createAssets({ pages: { accent }, logo, basePath });
    looks.unshift({ of, assets });
    looks.splice(keptLooks);
    return assets;
  };

  const look = {
    templates: pages.templates,
    get name() {
      return settings.effective().pages.name;
    },
  };
  const assets = {
    get urls() {
      return current().urls;
    },
  };
  const views = createViews({ pages: look, assets, log });
  return {
    views,
    consoleViews: createConsoleViews({ pages: look, assets }),
    renderer: createPageRenderer({ views, fallbackLocale: pages.default_locale }),
    previewLook: createLookPreview({ views, assets }),
    findAsset(path) {
      const files = current().files.get(path);
      return files ?? looks.map(({ assets }) => assets.files.get(path)).find(Boolean);
    },
    follow: () =>
      withinTime(
        watch.catchUp().catch(() => undefined),
        longestFollowing,
        undefined,
      ),
  };
}
