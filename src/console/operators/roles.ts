/**
 * Roles of operators in plain words.
 */
import { adminScopes } from '../../definitions/admin_scopes.ts';
import {
  type OperatorRole,
  operatorRoles,
  scopesOfRole,
  textOfRole,
} from '../../definitions/operator_roles.ts';
import { capitalized } from '../parts/capitalized.ts';
import type { Fact } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';

/** `Administrator` */
export function roleName(role: OperatorRole): string {
  return capitalized(role);
}

/** All of them, from the most to the least. */
export const roleFacts: readonly Fact[] = operatorRoles.map((role) => ({
  ...{ label: roleName(role), value: show.text(textOfRole(role)) },
}));

/** What one of them includes, and what it does not. */
export function factsOfRole(role: OperatorRole): readonly Fact[] {
  const included = new Set<string>(scopesOfRole(role));
  const textsOf = (isMeant: (scope: string) => boolean) =>
    Object.entries(adminScopes).flatMap(([scope, { en }]) => (isMeant(scope) ? [en] : []));
  const isRead = (scope: string) => scope.endsWith(':read');
  const facts = [
    { label: 'Sees', texts: textsOf((scope) => included.has(scope) && isRead(scope)) },
    { label: 'Does', texts: textsOf((scope) => included.has(scope) && !isRead(scope)) },
    { label: 'Does not include', texts: textsOf((scope) => !included.has(scope)) },
  ];
  return facts.flatMap(({ label, texts }) =>
    texts.length > 0 ? [{ label, value: show.tags(texts, { prose: true }) }] : [],
  );
}
