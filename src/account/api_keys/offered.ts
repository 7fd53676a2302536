/** Whether people have API keys here at all. */
import type { AccountServices } from '../services.ts';

export function isKeysOffered({ policy }: Pick<AccountServices, 'policy'>): boolean {
  return policy.api_keys.length > 0;
}
