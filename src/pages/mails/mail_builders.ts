/**
 * Each mail in words: one builder for each.
 */
import { type MailData, type MailTemplate, maskedAddress } from '../../mail/room.ts';
import { instantText } from '../texts.ts';
import {
  button,
  facts,
  linkBlocks,
  type MailBlock,
  type MailContext,
  type MailWords,
  plain,
  quiet,
  text,
} from './mail_words.ts';

/** `values` beside the operator's name, which every text may have. */
type Built = Omit<MailWords, 'values'> & { values?: Record<string, string> };

type Builders = { [T in MailTemplate]: (data: MailData[T], context: MailContext) => Built };

export const mailBuilders: Builders = {
  verify_address(data, context) {
    const { verify_address: change, sign_up, common } = context.t;
    const t = data.isNewAccount ? sign_up : change;
    const link = linkBlocks(t.button, data, context);
    return {
      subject: t.subject,
      blocks: [text(t.intro), ...link.blocks, quiet(common.ignore)],
      values: link.values,
    };
  },

  sign_in_link(data, context) {
    const { sign_in_link: t, common } = context.t;
    const link = linkBlocks(t.button, data, context);
    return {
      subject: t.subject,
      blocks: [
        text(t.intro),
        ...link.blocks,
        facts(data.circumstances, context),
        ...[text(t.warning), quiet(common.ignore)],
      ],
      values: {
        ...link.values,
        app: data.appName === undefined ? context.name : plain(data.appName),
      },
    };
  },

  recovery(data, context) {
    const { recovery: t, common } = context.t;
    const link = linkBlocks(t.button, data, context);
    return {
      subject: t.subject,
      blocks: [
        text(t.intro),
        ...link.blocks,
        facts(data.circumstances, context),
        ...[text(t.warning), quiet(common.ignore)],
      ],
      values: link.values,
    };
  },

  invitation(data, context) {
    const { invitation: t } = context.t;
    const link = linkBlocks(t.button, data, context);
    const intro = data.invitedBy === undefined ? t.intro : t.intro_by;
    return {
      subject: t.subject,
      blocks: [text(intro), ...link.blocks, quiet(t.ignore)],
      values: { ...link.values, inviter: plain(data.invitedBy ?? '') },
    };
  },

  already_registered({ circumstances, signInUrl }, context) {
    const { already_registered: t, common } = context.t;
    return {
      subject: t.subject,
      blocks: [
        ...[text(t.intro), text(t.advice)],
        ...(signInUrl === undefined ? [] : [button(t.button, signInUrl)]),
        ...[facts(circumstances, context), quiet(common.ignore)],
      ],
    };
  },

  address_changed(data, context) {
    const { address_changed: t } = context.t;
    const link = linkBlocks(t.button, data, context);
    const newAddress = { label: t.new_address, value: maskedAddress(data.newAddress) };
    return {
      subject: t.subject,
      blocks: [
        ...[text(t.intro), facts(data.circumstances, context, [newAddress])],
        ...[text(t.undo), ...link.blocks],
      ],
      values: link.values,
    };
  },

  address_in_use({ circumstances, signInUrl }, context) {
    const { address_in_use: t, common } = context.t;
    return {
      subject: t.subject,
      blocks: [
        ...[text(t.intro), text(t.advice)],
        ...(signInUrl === undefined ? [] : [button(t.button, signInUrl)]),
        ...[facts(circumstances, context), quiet(common.ignore)],
      ],
    };
  },

  address_changed_by_operator(data, context) {
    const { address_changed_by_operator: t } = context.t;
    const { newAddress } = data;
    const address = { label: t.new_address, value: newAddress && maskedAddress(newAddress) };
    const intro = newAddress === undefined ? t.removed : t.intro;
    return notice(t.subject, intro, noticeBlocks(data, context, address));
  },

  address_restored(data, context) {
    const { address_restored: t } = context.t;
    return notice(t.subject, t.intro, noticeBlocks(data, context));
  },

  new_browser(data, context) {
    const { new_browser: t } = context.t;
    return notice(t.subject, t.intro, noticeBlocks(data, context));
  },

  wrong_codes(data, context) {
    const { wrong_codes: t } = context.t;
    return notice(t.subject, t.intro, noticeBlocks(data, context));
  },

  password_changed(data, context) {
    const { password_changed: t } = context.t;
    return notice(t.subject, t.intro, noticeBlocks(data, context));
  },

  password_removed(data, context) {
    const { password_removed: t } = context.t;
    return notice(t.subject, t.intro, noticeBlocks(data, context));
  },

  username_changed(data, context) {
    const { username_changed: t } = context.t;
    const username = { label: t.username, value: plain(data.username) };
    return notice(t.subject, t.intro, noticeBlocks(data, context, username));
  },

  new_api_key(data, context) {
    const { new_api_key: t } = context.t;
    const key = { label: t.key, value: plain(data.keyName) };
    const intro = data.isReplacement ? t.replaced : t.made;
    return notice(t.subject, intro, noticeBlocks(data, context, key));
  },

  new_passkey(data, context) {
    const { new_passkey: t } = context.t;
    const passkey = { label: t.passkey, value: plain(data.passkeyName) };
    return notice(t.subject, t.intro, noticeBlocks(data, context, passkey));
  },

  second_factor_changed(data, context) {
    const { second_factor_changed: t } = context.t;
    return notice(t.subject, t[data.change], noticeBlocks(data, context));
  },

  new_sign_in_method(data, context) {
    const { new_sign_in_method: t } = context.t;
    const provider = { label: t.provider, value: plain(data.providerName) };
    return notice(t.subject, t.intro, noticeBlocks(data, context, provider));
  },

  sign_in_method_removed(data, context) {
    const { sign_in_method_removed: t, new_sign_in_method } = context.t;
    const provider = { label: new_sign_in_method.provider, value: plain(data.providerName) };
    return notice(t.subject, t.intro, noticeBlocks(data, context, provider));
  },

  account_deletion(data, context) {
    const { account_deletion: t } = context.t;
    return {
      subject: t.subject,
      blocks: [
        ...[text(t.intro), facts(data.circumstances, context)],
        ...[text(t.undo), button(t.button, data.url)],
      ],
      values: { time: instantText(context.locale, data.deletedAt) },
    };
  },

  recovery_used(data, context) {
    const { recovery_used: t } = context.t;
    const left = { label: t.codes_left, value: data.codesLeft?.toString() };
    const intro = data.by === 'mail' ? t.by_mail : t.by_recovery_code;
    return notice(t.subject, intro, noticeBlocks(data, context, left));
  },

  test(_data, { t }) {
    return { subject: t.test.subject, blocks: [text(t.test.intro)] };
  },
};

function notice(subject: string, intro: string, blocks: readonly MailBlock[]): Built {
  return { subject, blocks: [text(intro), ...blocks] };
}

/** What happened when and where, and what to do about it. */
function noticeBlocks(
  { circumstances, accountUrl }: MailData['password_changed'],
  context: MailContext,
  ...more: { label: string; value: string | undefined }[]
): MailBlock[] {
  const { common } = context.t;
  return [
    facts(circumstances, context, more),
    ...(accountUrl === undefined
      ? [text(common.not_you_alone)]
      : [text(common.not_you), button(common.review, accountUrl)]),
  ];
}
