/**
 * Operations on mails: what was sent to whom, and what became of it. Never what it says, and no address in full.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { type ListedMail, mailStates } from '../../mail/room.ts';
import { operation } from '../operation.ts';
import { instant, nothing, pageOf, pageQuery } from '../schemas.ts';

const tag = 'Mails';

const mail = z
  .object({
    id: z.string().describe('It is in the Message-ID of the mail.'),
    template: z.string().describe('What it is about, such as `password_changed`.'),
    state: z
      .enum(mailStates)
      .describe(
        '`waiting`: not tried yet; `deferred`: the last attempt failed, and there is another; `dropped`: given up.',
      ),
    to: z.string().describe('The address, shortened: `a…e@example.com`.'),
    user_id: z.string().optional(),
    locale: z.string(),
    attempts: z.int(),
    created_at: instant,
    due_at: instant.optional().describe('When it is tried (next), while it is to be.'),
    given_up_at: instant.optional().describe('When it is given up, while it is to be sent.'),
    answer: z.string().optional().describe('What the mail server said at last.'),
    answered_at: instant.optional(),
  })
  .meta({ id: 'Mail' });

export const listMails = operation({
  id: 'listMails',
  method: 'GET',
  path: '/mails',
  tag,
  summary: 'List the mails of the last seven days, newest first',
  description: 'Empty where no mail server is configured.',
  scope: 'mails:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    state: z.enum(mailStates).optional(),
    user_id: z.string().min(1).max(maxLength.subject).optional(),
  }),
  body: z.undefined(),
  result: pageOf(mail),
  async run({ query: { user_id: userId, ...query }, services }) {
    const { items, next } = await services.mailList.list({ ...query, userId });
    return { result: { items: items.map(mailView), next: next ?? null } };
  },
});

export const getMail = operation({
  id: 'getMail',
  method: 'GET',
  path: '/mails/{mail_id}',
  tag,
  summary: 'What became of a mail',
  scope: 'mails:read',
  params: z.strictObject({ mail_id: z.string().min(1).max(100) }),
  query: nothing,
  body: z.undefined(),
  result: mail,
  async run({ params: { mail_id: id }, services }) {
    const found = await services.mailList.find(id);
    if (!found) throw noSuchMail();
    return { result: mailView(found) };
  },
});

function noSuchMail(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'No mail of the last seven days has this id.',
  });
}

function mailView(listed: ListedMail): z.input<typeof mail> {
  const { id, template, state, to, userId, locale, attempts, words } = listed;
  const isOpen = state === 'waiting' || state === 'deferred';
  return {
    ...{ id, template, state, to, ...(userId !== undefined && { user_id: userId }) },
    ...{ locale, attempts, created_at: iso(listed.createdAt) ?? '' },
    ...(isOpen && { due_at: iso(listed.dueAt), given_up_at: iso(listed.until) }),
    ...(words !== undefined && { answer: words, answered_at: iso(listed.at) }),
  };
}

export const mailOperations = [listMails, getMail] as const;
