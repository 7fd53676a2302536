/**
 * Mail: what people are sent. The room owns that an accepted mail is sent at least once, or given up and told, that what
 * it says is readable by nobody else on the way, and that nobody is flooded. What it says is put into words by
 * pages/mails; when one is sent is up to whoever sends it.
 *
 * Without `mail` in the configuration there is no Mail, and what needs it is not there. In development mode mails are
 * accepted and shown, and not sent.
 */

export { createAccessTokens } from './access_tokens.ts';
export { isMailAddress, maskedAddress } from './addresses.ts';
export { type BackgroundMails, createBackgroundMails } from './background_mails.ts';
export { createMailDelivery } from './delivery.ts';
export { createDevelopmentMails } from './development_mails.ts';
export { createDevelopmentMailRoutes, type DevelopmentMailRoutes } from './development_routes.ts';
export type { Circumstances, MailData, MailTemplate } from './mail_data.ts';
export { createMailList, type ListedMail, type MailList } from './mail_list.ts';
export { mailStates } from './mail_note.ts';
export {
  createMailOutbox,
  type Mail,
  type MailOutbox,
  type OutgoingMail,
} from './outbox.ts';
export { createSealedContents } from './sealed_contents.ts';
export { createSendBySmtp, type SendBySmtp, type SmtpLine } from './smtp.ts';
