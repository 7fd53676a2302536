/**
 * Clients in the search: the one with this client id.
 */
import { getClient } from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { SearchSource } from '../search.ts';

export const findClients: SearchSource = async (text, { call, may }) => {
  if (!may(getClient)) return [];
  try {
    const { body } = await call(getClient, { params: { client_id: text } });
    const { client_id: id, client_name: name } = body;
    return [
      {
        ...{ label: name ?? id, kind: 'Client', hint: name && id },
        href: `/clients/${encodeURIComponent(id)}`,
      },
    ];
  } catch (error) {
    if (error instanceof CardeaError && error.status < 500) return [];
    throw error;
  }
};
