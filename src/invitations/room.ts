/**
 * The invitations room: which addresses may have an account of their own making, and links that operators have sent to
 * people who are to make one. It owns what an invitation gives, for how long, and that it ends when its maker could not
 * make it any more. What people do with one is the registration's.
 */
export { createRegistrableAddresses, type RegistrableAddresses } from './addresses.ts';
export {
  createInvitations,
  type Invitation,
  type Invitations,
} from './invitations.ts';
