/**
 * The sections of the account pages, in the order of the navigation. Their words are in views/texts/account.
 */
import type { AccountPolicy } from '../config/schema/account.ts';
import type { AccountSectionId } from '../pages/account_data.ts';

type AccountSection = {
  id: AccountSectionId;
  /** Below `/account`. */
  path: `/${string}`;
  /** Where the operator's policy decides. */
  isOffered?: (policy: AccountPolicy) => boolean;
};

const accountSections: readonly AccountSection[] = [
  { id: 'overview', path: '/' },
  { id: 'profile', path: '/profile' },
  { id: 'ways', path: '/ways' },
  { id: 'sessions', path: '/sessions' },
  { id: 'apps', path: '/apps' },
  { id: 'api_keys', path: '/api-keys', isOffered: ({ api_keys: apis }) => apis.length > 0 },
  { id: 'activity', path: '/activity' },
  { id: 'language', path: '/language' },
  { id: 'data', path: '/data' },
];

export function sectionsIn(policy: AccountPolicy): readonly AccountSection[] {
  return accountSections.filter(({ isOffered }) => isOffered?.(policy) ?? true);
}
