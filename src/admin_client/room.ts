/**
 * The admin API from outside: what programs call it with over HTTP. It owns how an operation becomes a request, and how
 * a response or a problem becomes a value again. What operations there are, and what they do, is the admin API's.
 */
export { type AdminRequest, createAdminClient } from './client.ts';
export {
  type DescribedOperation,
  describedOperations,
  type Member,
} from './described_operations.ts';
