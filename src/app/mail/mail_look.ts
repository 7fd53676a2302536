/**
 * The operator's name, color and logo for mails, as they are at each mail.
 */
import type { Config } from '../../config/config.ts';
import { pictureOf } from '../../definitions/pictures.ts';
import { createAssets } from '../../pages/assets.ts';
import { readLogo } from '../../pages/logo.ts';
import type { MailLook } from '../../pages/mails/mail_views.ts';
import type { EffectiveSettings, Settings } from '../../settings/room.ts';

/**
 * A logo is in a mail where mail programs show it: a PNG, at an https address. Of an SVG, which most of them leave out,
 * the name is shown.
 */
export function mailLook({
  config: { issuer, declaration },
  settings,
}: {
  config: Pick<Config, 'issuer' | 'declaration'>;
  settings: Pick<Settings, 'effective'>;
}): () => MailLook {
  const { protocol, origin, pathname } = new URL(issuer);
  const { logo: declaredLogo } = declaration.pages;
  let known: { of: EffectiveSettings; look: MailLook } | undefined;

  const lookOf = ({ pages: { name, accent }, uploadedLogo }: EffectiveSettings): MailLook => {
    const body = uploadedLogo ?? ((declaredLogo && readLogo(declaredLogo).body) || undefined);
    const picture = body && pictureOf(body);
    if (!body || picture?.type !== 'image/png' || protocol !== 'https:') return { name, accent };
    const { urls } = createAssets({
      ...{ pages: { accent }, logo: body, basePath: pathname.replace(/\/$/, '') },
    });
    return { name, accent, logo: { url: `${origin}${urls.logo.url}`, wide: picture.wide } };
  };

  return () => {
    const of = settings.effective();
    if (known?.of !== of) known = { of, look: lookOf(of) };
    return known.look;
  };
}
