/** The pages as an operator has them who configured this much. */
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createAssets } from '../../src/pages/assets.ts';
import { createViews } from '../../src/pages/views.ts';

/** Views and assets for a `pages` section of the declarative file; `logged` collects error lines. */
export function pagesWith(section: object = {}) {
  const { pages } = declarationSchema.parse({ pages: section });
  const assets = createAssets({ pages });
  const logged: unknown[] = [];
  const log = { error: (...line: unknown[]) => void logged.push(line) };
  return { assets, logged, views: createViews({ pages, assets, log }) };
}
