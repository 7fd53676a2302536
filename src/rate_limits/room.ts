/**
 * The door of this room: what other rooms may use.
 */

export { type AccountBudget, createAccountBudget } from './account_budget.ts';
export { tooManyRequests } from './too_many_requests.ts';
export {
  createRegistrationLimits,
  type RegistrationLimits,
  type UsedToken,
} from './registration_limits.ts';
export { createSignInThrottle, type SignInThrottle } from './sign_in_throttle.ts';
export { createUnfinishedBudget, type UnfinishedBudget } from './unfinished_budget.ts';
