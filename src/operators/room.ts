/**
 * The door of this room: what other rooms may import.
 */

export {
  apiKeyCaller,
  type Caller,
  clientCaller,
  commandLineCaller,
  effectiveScopes,
  userCaller,
} from './caller.ts';
export { type Decision, requireAllowed } from './decisions.ts';
export { createFirstOwner, type FirstOwner } from './first_owner.ts';
export { createKnownOperators, type KnownOperators } from './known_operators.ts';
export {
  mayDisableClient,
  mayEndApiKey,
  mayTouchApi,
  mayTouchApiKey,
  mayTouchClient,
  mayTouchProject,
  type PolicyApi,
  type PolicyApiKey,
  type PolicyClient,
  type PolicyProject,
  projectOfClient,
  seesProject,
} from './object_policy.ts';
export { covers, type Operator, type OperatorGrant } from './operator.ts';
export {
  hasScope,
  mayGrantScopes,
  mayRevoke,
  maySetOperator,
  mayTouchUser,
  mayTouchWebhook,
} from './people_policy.ts';
export { createFirstOwnerRoutes, type FirstOwnerRoutes } from './routes.ts';
export { createOperators, type Operators, operatorGrantSchema } from './service.ts';
