/**
 * The server's pages, with the operator's name, colors and templates.
 */
import { type Assets, createAssets } from '../pages/assets.ts';
import { createPageRenderer, type PageRenderer } from '../pages/page_renderer.ts';
import { createViews, type Views } from '../pages/views.ts';
import type { Start } from './start.ts';

export type Pages = { assets: Assets; views: Views; renderer: PageRenderer };

export function createPages({ config, basePath, log }: Start): Pages {
  const { pages } = config.declaration;
  const assets = createAssets({ pages, basePath });
  const views = createViews({ pages, assets, log });
  return {
    ...{ assets, views },
    renderer: createPageRenderer({ views, fallbackLocale: pages.default_locale }),
  };
}
