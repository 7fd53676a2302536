/**
 * Mails as HTML and as text, both from the same words, with the operator's name, logo and color. Owns how a mail looks;
 * what it says is in mail_builders.ts and views/texts/mails. Nothing in a mail is loaded from anywhere, but for the
 * operator's logo, where it can be.
 */
import type { Declaration } from '../../config/schema/declaration.ts';
import { type Locale, locales } from '../../definitions/locales.ts';
import type { MailData, MailTemplate } from '../../mail/room.ts';
import type { Log } from '../../telemetry/log.ts';
import { legibleOn, textOn } from '../colors.ts';
import { displayText } from '../display_text.ts';
import { briefly, loadTemplates, type Templates, unusableTemplates } from '../templates.ts';
import { fill, fillHtml, mailTexts, pageTexts } from '../texts.ts';
import { cardColors } from '../theme.ts';
import { mailBuilders } from './mail_builders.ts';
import { mailSamples } from './mail_samples.ts';
import type { MailBlock, MailWords } from './mail_words.ts';

export type MailLook = {
  name: string;
  /** #rrggbb */
  accent: string;
  /** An address that mail programs can load: https, and no SVG, which most of them do not show. */
  logo?: { url: string; wide: boolean } | undefined;
};

export type MailViews = {
  /** The subject is one line. Never throws because of a template; throws a TypeError for a link that is none. */
  render<T extends MailTemplate>(
    template: T,
    data: MailData[T],
    context: { locale: Locale; to: string; now: number },
  ): { subject: string; html: string; text: string };
};

const fonts = {
  font: "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  mono: "ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace",
};
const longestSubject = 150;

/**
 * Compiles the templates, and renders each mail in each language by an operator's, so that a broken one stops the start
 * with a CardeaError.
 */
export function createMailViews({
  pages,
  look,
  issuer,
  log,
}: {
  pages: Pick<Declaration['pages'], 'templates'>;
  /** As it is at each mail. */
  look: () => MailLook;
  issuer: string;
  log: Pick<Log, 'error'>;
}): MailViews {
  const own = loadTemplates();
  const chosen = pages.templates === undefined ? own : loadTemplates(pages.templates);
  const { host } = new URL(issuer);

  const documentsOf = (
    templates: Templates,
    words: MailWords,
    locale: Locale,
    { name, accent, logo }: MailLook,
  ) => {
    const it = {
      ...{ words, locale, direction: pageTexts[locale].direction, t: mailTexts[locale] },
      look: {
        ...{ name, accent, logo, onAccent: textOn(accent), ...fonts },
        link: {
          light: legibleOn(accent, cardColors.light, 4.5),
          dark: legibleOn(accent, cardColors.dark, 4.5),
        },
      },
      paragraphs: words.blocks.map((block) => paragraphOf(block, words.values)),
      fill: (text: string) => fill(text, words.values),
      fillHtml: (text: string) => fillHtml(text, words.values),
    };
    return { html: templates.render('mails/html', it), text: templates.render('mails/text', it) };
  };

  const wordsOf = <T extends MailTemplate>(
    template: T,
    data: MailData[T],
    { locale, to, now }: { locale: Locale; to: string; now: number },
    { name }: MailLook,
  ): MailWords => {
    const context = { t: mailTexts[locale], locale, name, now };
    const { subject, blocks, values } = mailBuilders[template](data, context);
    const all = { name, host, recipient: to, ...values };
    return { subject: displayText(fill(subject, all), longestSubject), blocks, values: all };
  };

  if (chosen !== own) tryAll();
  return {
    render(template, data, context) {
      const current = { ...look() };
      current.name = displayText(current.name, 100);
      const words = wordsOf(template, data, context, current);
      const { subject } = words;
      const { locale } = context;
      try {
        return { subject, ...documentsOf(chosen, words, locale, current) };
      } catch (error) {
        if (chosen === own) throw error;
        const fields = { err: error, mail: template };
        log.error(fields, 'a template of mails failed, the built-in one was used');
        return { subject, ...documentsOf(own, words, locale, current) };
      }
    },
  };

  /** Throws one CardeaError that lists what failed. */
  function tryAll(): void {
    const problems = new Set<string>();
    for (const template of Object.keys(mailSamples) as MailTemplate[]) {
      for (const data of Object.values(mailSamples[template])) {
        for (const locale of locales) {
          const context = { locale, to: 'alice@example.com', now: Date.UTC(2031, 0) };
          const current = { ...look(), logo: { url: 'https://id.example/logo.png', wide: true } };
          try {
            documentsOf(
              chosen,
              wordsOf(template, data as never, context, current),
              locale,
              current,
            );
          } catch (error) {
            problems.add(`${chosen.pathOf('mails/html')} or text: ${briefly(error)}`);
          }
        }
      }
    }
    if (problems.size > 0) throw unusableTemplates([...problems]);
  }
}

/** A block as plain text. */
function paragraphOf(block: MailBlock, values: Record<string, string>): string {
  switch (block.kind) {
    case 'text':
      return fill(block.text, values);
    case 'button':
      return `${block.label}:\n${block.url}`;
    case 'code':
      return `    ${block.code}`;
    case 'facts':
      return block.rows.map(({ label, value }) => `${label}: ${value}`).join('\n');
  }
}
