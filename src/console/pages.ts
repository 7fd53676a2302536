/**
 * Every page of the console. A new one is made by one of parts/ (or by hand) in the folder of its section, and listed here:
 * it is routed, guarded, and in the navigation where its path is a section's.
 */
import { apiKeyPages } from './api_keys/pages.ts';
import { clientPages } from './clients/pages.ts';
import { groupPages } from './groups/pages.ts';
import { homePage } from './home.ts';
import type { ConsolePage } from './page.ts';
import { projectPages } from './projects/pages.ts';
import { searchPage } from './search.ts';
import { userPages } from './users/pages.ts';

export const consolePages: readonly ConsolePage[] = [
  homePage,
  searchPage,
  ...clientPages,
  ...userPages,
  ...groupPages,
  ...projectPages,
  ...apiKeyPages,
];
