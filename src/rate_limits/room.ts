/**
 * Limits on what strangers and accounts can try and leave behind. How high they are comes from the configuration.
 */

export { type AccountBudget, createAccountBudget } from './account_budget.ts';
export { createDeviceTokens, type DeviceTokens } from './device_tokens.ts';
export { createMailBudget, type MailBudget } from './mail_budget.ts';
export { createNetworkBudget, type NetworkBudget } from './network_budget.ts';
export {
  createRegistrationLimits,
  type RegistrationLimits,
  type UsedToken,
} from './registration_limits.ts';
export { createSignInThrottle, type SignInThrottle } from './sign_in_throttle.ts';
export { tooManyRequests } from './too_many_requests.ts';
