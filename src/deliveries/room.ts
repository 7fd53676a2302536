/**
 * Sending what waits in the queue of deliveries: who takes what, how often it is tried, and when it is given up. The
 * room owns that an accepted delivery is made at least once, or given up and told; it does not know what is sent, nor
 * how (webhooks/, mail/).
 */

export {
  type AttemptResult,
  createDispatcher,
  type DeliveryLog,
  type Dispatcher,
  type Outcomes,
} from './dispatcher.ts';
export { retryAfterOf, retryPeriod } from './retries.ts';
