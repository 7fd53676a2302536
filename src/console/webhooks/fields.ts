/**
 * Fields of the forms of webhooks.
 */
import { durationText } from '../../definitions/durations.ts';
import { noticeTypes } from '../../definitions/events.ts';
import { webhookSecretOverlap } from '../../definitions/lifetimes.ts';
import type { Field } from '../parts/fields.ts';
import { eventChoices } from './event_choices.ts';

const url: Field = {
  ...{ name: 'url', label: 'URL', as: 'text', required: true, code: true },
  placeholder: 'https://receiver.example/cardea',
  hint: 'Where events are posted to. It needs https and a public address, unless outbound.allow names its network.',
};

const description: Field = {
  ...{ name: 'description', label: 'Description', as: 'text' },
  hint: 'For operators: who receives it, and what for. Optional.',
};

const events: Field = {
  ...{ name: 'events', label: 'Events', as: 'grouped', options: eventChoices },
  hint: `What it is sent. With none checked: ${noticeTypes.join(', ')}, which somebody should look at.`,
};

export const webhookFields: readonly Field[] = [url, description, events];

export const overlap: Field = {
  ...{ name: 'overlap', label: 'Overlap in seconds', as: 'number' },
  hint: `How long deliveries are signed with the old secret as well; ${webhookSecretOverlap} is ${durationText(webhookSecretOverlap)}. 0 ends it now: for a secret that leaked.`,
};
