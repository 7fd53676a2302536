/**
 * The pages of mails: what was sent to whom lately, and what became of it.
 */
import type { z } from 'zod';
import { getMail, listAuditEvents, listMails } from '../../admin/room.ts';
import { linkTo } from '../links.ts';
import type { ConsolePage } from '../page.ts';
import { eventsSection } from '../parts/events_section.ts';
import { exactTime } from '../parts/exact_time.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { show, type Value } from '../parts/values.ts';

type Mail = z.input<(typeof getMail)['result']>;

const section = 'mails';
const path = '/mails';

const states = {
  waiting: { label: 'Waiting', tone: 'quiet' },
  deferred: { label: 'Retrying', tone: 'warning' },
  sent: { label: 'Sent', tone: 'good' },
  dropped: { label: 'Given up', tone: 'bad' },
} as const;

const list = listPage<Mail>({
  ...{ section, path, title: 'Mails', operation: listMails },
  intro: 'Mails of the last seven days, newest first. What they say is not kept.',
  filters: [
    {
      ...{ name: 'state', label: 'State' },
      options: Object.entries(states).map(([value, { label }]) => ({ value, label })),
    },
    { name: 'user_id', label: 'User ID' },
  ],
  columns: [
    { label: 'Mail', value: ({ template }) => show.text(inWords(template)) },
    { label: 'To', value: ({ to }) => show.text(to) },
    { label: 'State', value: stateOf },
    { label: 'When', value: ({ created_at: at }) => show.time(at) },
    { label: 'The mail server said', value: ({ answer }) => show.text(answer, { muted: true }) },
  ],
  hrefOf: ({ id }) => `${path}/${encodeURIComponent(id)}`,
  empty: {
    title: 'No mails',
    text: 'None was sent lately. To try the mail server: cardea mail test ADDRESS.',
  },
});

const object = objectPage<Mail>({
  ...{ section, path: `${path}/:mail_id`, read: getMail, listTitle: 'Mails', listPath: path },
  titleOf: ({ template }) => inWords(template),
  status: (mail) => [stateOf(mail)],
  facts: (mail, { places }) => [
    { label: 'To', value: show.text(mail.to) },
    {
      label: 'User',
      value: linkTo('user', mail.user_id, places) ?? show.code(mail.user_id, { copy: true }),
    },
    { label: 'When', value: show.text(exactTime(mail.created_at)) },
    { label: 'Attempts', value: show.text(mail.attempts) },
    ...(mail.answer === undefined || mail.answered_at === undefined
      ? []
      : [
          { label: 'The mail server said', value: show.text(mail.answer) },
          { label: 'When it answered', value: show.text(exactTime(mail.answered_at)) },
        ]),
    ...(mail.due_at === undefined || mail.given_up_at === undefined
      ? []
      : [
          { label: 'Next attempt', value: show.text(exactTime(mail.due_at)) },
          { label: 'Tried until', value: show.text(exactTime(mail.given_up_at)) },
        ]),
    { label: 'Language', value: show.text(mail.locale) },
    { label: 'ID', value: show.code(mail.id, { copy: true }), hint: 'In its Message-ID.' },
  ],
  actions: () => [],
  sections: async ({ id }, { call, may }) => {
    if (!may(listAuditEvents)) return [];
    const query = { target_kind: 'mail', target_id: id, limit: '5' };
    const { body } = await call(listAuditEvents, { query });
    return [eventsSection(body.items)];
  },
});

function stateOf({ state }: Mail): Value {
  const { label, tone } = states[state];
  return show.status(label, tone);
}

/** `password_changed`: Password changed. */
function inWords(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export const mailPages: readonly ConsolePage[] = [list, object];
