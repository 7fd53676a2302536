/**
 * The rooms that later steps of the server's start build on.
 */
import type { ClientUsesRecorder } from '../clients/room.ts';
import type { InspectorPages } from '../inspection/room.ts';
import type { ServerApiKeys } from './api_keys.ts';
import type { ServerProviders } from './identity_providers.ts';
import type { KnownRecords } from './known_records.ts';
import type { Pages } from './pages.ts';
import type { ServerTokens } from './tokens.ts';

export type Made = {
  known: KnownRecords;
  clientUses: ClientUsesRecorder;
  tokens: ServerTokens;
  keys: ServerApiKeys;
  pages: Pages;
  inspector: InspectorPages;
  providers: ServerProviders;
};
