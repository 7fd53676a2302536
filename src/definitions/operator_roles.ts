/**
 * The roles of the people who run Cardea.
 */
export const operatorRoles = ['owner', 'administrator', 'support', 'auditor', 'deployer'] as const;

export type OperatorRole = (typeof operatorRoles)[number];
