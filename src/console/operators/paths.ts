/**
 * Addresses of the pages of operators, below `/console`.
 */
export const operatorsPath = '/operators';
/** Where a user is picked; below it, by the user's id, the role. */
export const newOperatorPath = '/new-operator';

export function operatorPath(userId: string, below = ''): `/${string}` {
  return `${operatorsPath}/${encodeURIComponent(userId)}${below}`;
}

export function newOperatorOf(userId: string): string {
  return `${newOperatorPath}/${encodeURIComponent(userId)}`;
}

export const toOperators = { label: 'Operators', href: operatorsPath };
