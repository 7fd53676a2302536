/**
 * What the console says to whoever is signed in to nothing.
 */
import { keepFormsHere } from '../http/security_headers.ts';
import type { Outcome, Tell } from '../own_pages/room.ts';
import type { ConsoleViews } from '../pages/console_views.ts';
import { linksBelow } from './frame.ts';

const texts: Record<Outcome, string> = {
  too_late: 'This sign-in took too long, or was begun in another browser.',
  other_server: 'The response came from another server.',
  cancelled: 'The sign-in was cancelled or refused. Nothing was changed.',
  not_fresh: 'You were asked to sign in again and did not.',
  signed_out: 'The console session is over, and so is your session at this server.',
};

export function createTell({ basePath, views }: { basePath: string; views: ConsoleViews }): Tell {
  const link = linksBelow(basePath);
  return (ctx, outcome) => {
    const isSignedOut = outcome === 'signed_out';
    const data = {
      text: texts[outcome],
      action: { label: isSignedOut ? 'Sign in again' : 'Sign in', href: '/' },
      isFailed: !isSignedOut,
    };
    const title = isSignedOut ? 'You are signed out' : 'You are not signed in';
    ctx.status = isSignedOut ? 200 : 400;
    ctx.type = 'html';
    ctx.body = views.render({ title, template: 'plain', data }, { link });
    keepFormsHere(ctx);
  };
}
