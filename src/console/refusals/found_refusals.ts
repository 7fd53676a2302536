/**
 * Refusals in the search: the one with this reference.
 */
import { getRefusal } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { SearchSource } from '../search.ts';
import { refusalPath } from './pages.ts';

export const findRefusals: SearchSource = async (text, { call, may }) => {
  if (!may(getRefusal)) return [];
  try {
    const { body } = await call(getRefusal, { params: { reference: text } });
    const { reference, reason } = body;
    return [{ label: reference, kind: 'Refusal', hint: reason, href: refusalPath(reference) }];
  } catch (error) {
    if (error instanceof CardeaError && error.status < 500) return [];
    throw error;
  }
};
