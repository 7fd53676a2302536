/**
 * The domain services that operations use. A dry run gives them services over a store that takes no writes.
 */
import type { ApiKeys } from '../api_keys/room.ts';
import type { ApiRegistry, Apis } from '../apis/room.ts';
import type { AuditSink } from '../audit/room.ts';
import type { Authentication, LostFactors } from '../authentication/room.ts';
import type { Clients } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { DeclarationPlaces, DeclaredLookup, YamlViews } from '../declaration/room.ts';
import type { ProviderCatalogue } from '../identity_providers/room.ts';
import type { Invitations } from '../invitations/room.ts';
import type { MailList } from '../mail/room.ts';
import type { PreviewTokens } from '../oidc/room.ts';
import type { Operators } from '../operators/room.ts';
import type { Projects } from '../projects/room.ts';
import type { Settings } from '../settings/room.ts';
import type { Keyring } from '../signing_keys/room.ts';
import type { Store } from '../storage/store.ts';
import type { Tiers } from '../tiers/room.ts';
import type { EstimateRevocation, KillSwitches } from '../tokens/room.ts';
import type { Groups, Users } from '../users/room.ts';
import type { WebhookEndpoints } from '../webhooks/room.ts';

export type AdminServices = {
  store: Store;
  clock: Clock;
  audit: AuditSink;
  /** The lookup of APIs; `apiRecords` are those that are kept. */
  apis: ApiRegistry;
  apiRecords(): Promise<Apis>;
  settings: Settings;
  /** What the declarative file declares, and that only the file changes it. */
  places: DeclarationPlaces;
  clients(): Promise<Clients>;
  users(): Promise<Users>;
  authentication(): Promise<Authentication>;
  lostFactors(): Promise<LostFactors>;
  /** Undefined where people do not register themselves. */
  invitations(): Promise<Invitations | undefined>;
  groups(): Promise<Groups>;
  operators(): Promise<Operators>;
  projects(): Promise<Projects>;
  apiKeys(): Promise<ApiKeys>;
  keyrings(): Promise<[Keyring, ...Keyring[]]>;
  switches(): Promise<{ killSwitches: KillSwitches; estimate: EstimateRevocation }>;
  tiers(): Promise<Tiers>;
  webhooks(): Promise<WebhookEndpoints>;
  mailList: MailList;
  /** The identity providers, which only the declarative file changes. */
  providerCatalogue: ProviderCatalogue;
  /** Who manages what. Reads the store on every call. */
  declared(): Promise<DeclaredLookup>;
  /** Records as the declarative file would declare them. */
  yaml(): Promise<YamlViews>;
  /** Every revocation acknowledged before this time is in the status lists. Milliseconds since the epoch. */
  listsUpToDateAt(): number;
  previewTokens: PreviewTokens;
};

/** Services that change nothing, and what they would have put on record. */
export type Rehearsal = {
  services: AdminServices;
  /** The audit events so far. */
  events(): readonly RehearsedEvent[];
  close(): Promise<void>;
};

type RehearsedEvent = {
  type: string;
  target?: { kind: string; id: string } | undefined;
  before?: Record<string, unknown> | undefined;
  after?: Record<string, unknown> | undefined;
};
