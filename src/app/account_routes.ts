/**
 * The rows of the account pages in the table of routes: one for each of them, and those of signing in.
 */
import { accountPages } from '../account/room.ts';
import { emailLinksPath, setupLinkPath } from '../definitions/built_in.ts';
import type { Answers, RouteRow } from './route_row.ts';

/** `kind`: what all of them have in common. */
export function accountRows(
  kind: Omit<RouteRow, 'path' | 'methods' | 'name' | 'answer' | 'handler'>,
): RouteRow[] {
  return [
    {
      ...kind,
      // As all addresses beside it.
      errors: 'oauth',
      path: '/.well-known/change-password',
      methods: ['GET'],
      name: 'change_password',
      answer: ({ account }) => account?.changePassword,
    },
    {
      ...kind,
      errors: 'oauth',
      path: '/.well-known/passkey-endpoints',
      methods: ['GET'],
      name: 'passkey_endpoints',
      answer: ({ account }) => account?.passkeyEndpoints,
    },
    {
      ...kind,
      path: '/account/',
      methods: ['GET'],
      name: 'account.with_slash',
      answer: ({ account }) => account?.withSlash,
    },
    {
      ...kind,
      path: '/account/callback',
      methods: ['GET'],
      name: 'account.callback',
      answer: ({ account }) => account?.callback,
    },
    {
      ...kind,
      path: '/account/sign-out',
      methods: ['POST'],
      name: 'account.sign_out',
      answer: ({ account }) => account?.signOut,
    },
    {
      ...kind,
      path: '/account/signed-out',
      methods: ['GET'],
      name: 'account.signed_out',
      answer: ({ account }) => account?.signedOut,
    },
    {
      ...kind,
      path: setupLinkPath,
      methods: ['GET'],
      name: 'account.setup_link',
      answer: ({ account }) => account?.setupLink.page,
    },
    {
      ...kind,
      path: setupLinkPath,
      methods: ['POST'],
      name: 'account.setup_link.prove',
      answer: ({ account }) => account?.setupLink.prove,
    },
    {
      ...kind,
      path: `${setupLinkPath}/app`,
      methods: ['POST'],
      name: 'account.setup_link.finish',
      answer: ({ account }) => account?.setupLink.finish,
    },
    ...(['confirm', 'undo'] as const).flatMap((link) => [
      {
        ...kind,
        path: `${emailLinksPath}/${link}`,
        methods: ['GET'] as const,
        name: `account.email.${link}_page`,
        answer: ({ account }: Answers) => account?.emailLinks?.[link].page,
      },
      {
        ...kind,
        path: `${emailLinksPath}/${link}`,
        methods: ['POST'] as const,
        name: `account.email.${link}`,
        answer: ({ account }: Answers) => account?.emailLinks?.[link].act,
      },
    ]),
    ...accountPages.map((page) => ({
      ...kind,
      path: page.path === '/' ? '/account' : `/account${page.path}`,
      methods: [page.method],
      name: `account.${page.name}`,
      answer: ({ account }: Answers) => account?.serve(page),
    })),
  ];
}
