/**
 * The secret of a webhook, in the one response that has it, with the code that verifies what it signs.
 */
import type { Fact } from '../parts/object_page.ts';
import { secretView } from '../parts/secret_view.ts';
import { webhookPath } from './paths.ts';
import { nameOf, trailTo, type Webhook } from './shown_webhook.ts';

const verification = `import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

// The body to the letter as it arrived. Throws where the signature or the time is wrong.
const { type, timestamp, data } = webhook.verify(body, headers);`;

export function secretShownOnce(
  made: Webhook & { secret: string },
  { title, facts }: { title: string; facts: readonly Fact[] },
) {
  const { secret, ...webhook } = made;
  return {
    ...{ title, trail: trailTo(webhook), template: 'secret' },
    data: secretView({
      secret: {
        ...{ label: 'Signing secret', value: secret },
        warning: 'Copy it now, for the receiver. It is shown this once, and kept sealed.',
      },
      facts,
      steps: [
        {
          title: 'Verify deliveries',
          text: 'Whoever knows the URL can post to it. The signature says that a delivery is from here: libraries for Standard Webhooks check it in most languages.',
          code: [{ caption: 'Node.js: npm install standardwebhooks', text: verification }],
        },
        {
          title: 'Answer, then work',
          text: 'Answer with 2xx within 15 seconds; anything else is tried again. A delivery can come twice: its header webhook-id is the same then.',
        },
      ],
      next: { label: `Go to ${nameOf(webhook)}`, href: webhookPath(webhook.id) },
    }),
  };
}
