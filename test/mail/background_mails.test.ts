import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBackgroundMails, type Mail } from '../../src/mail/room.ts';

describe('Mails that nobody waits for', () => {
  test('None is begun with the response that it belongs to, and all in their order when the server ends', async () => {
    const begun: string[] = [];
    const mail: Pick<Mail, 'send'> = {
      async send({ to }) {
        begun.push(to);
        return 'accepted';
      },
    };
    const mails = createBackgroundMails({ mail, log: { error: assert.fail } });
    const people = Array.from({ length: 30 }, (_, index) => `person${index}@mail.example`);
    const data = { circumstances: { at: 0, address: '192.0.2.1' }, signInUrl: undefined };
    for (const to of people) {
      mails.send({ to, template: 'already_registered', data, locale: 'en' });
    }
    await nextTurn();
    assert.deepEqual(begun, []);
    await mails.settled();
    assert.deepEqual(begun, people);
  });
});
