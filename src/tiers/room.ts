/**
 * Tiers: named limits of API keys, as the declarative file has them and as operators make them while the server runs. It
 * owns which there are. Which of them holds for a key, and counting, are up to api_keys/.
 */

export { createLiveTiers } from './live_tiers.ts';
export { createTiers, type Tier, type Tiers, tierInput } from './service.ts';
