/**
 * The contract of a store: one suite, the same for each engine, races and failures included.
 */
import { apiKeyContract } from './api_keys.ts';
import { apiContract } from './apis.ts';
import { artifactContract } from './artifacts.ts';
import { auditListContract } from './audit_lists.ts';
import { authenticatorContract } from './authenticators.ts';
import { deliveryContract } from './deliveries.ts';
import { durabilityContract } from './durability.ts';
import { groupContract } from './groups.ts';
import { hostileContract } from './hostile.ts';
import { hostileKeyContract } from './hostile_keys.ts';
import { keyRaceContract } from './key_races.ts';
import { listContract } from './lists.ts';
import { liveArtifactContract } from './live_artifacts.ts';
import { outageContract } from './outage.ts';
import { projectContract } from './projects.ts';
import { raceContract } from './races.ts';
import { recordContract } from './records.ts';
import { refusalContract } from './refusals.ts';
import { removalContract } from './removal.ts';
import { revocationContract } from './revocations.ts';
import type { ContractStores } from './samples.ts';
import { schemaContract } from './schema.ts';
import { searchContract } from './search.ts';
import { sequenceRaceContract } from './sequence_races.ts';
import { smallStoreContract } from './small_stores.ts';
import { statisticsContract } from './statistics.ts';
import { statusLeaseContract } from './status_leases.ts';
import { statusRangeContract } from './status_ranges.ts';
import { usageContract } from './usage.ts';

export function storeContract(stores: ContractStores) {
  artifactContract(stores);
  removalContract(stores);
  recordContract(stores);
  smallStoreContract(stores);
  auditListContract(stores);
  revocationContract(stores);
  statusLeaseContract(stores);
  statusRangeContract(stores);
  apiContract(stores);
  authenticatorContract(stores);
  projectContract(stores);
  apiKeyContract(stores);
  groupContract(stores);
  listContract(stores);
  searchContract(stores);
  liveArtifactContract(stores);
  refusalContract(stores);
  statisticsContract(stores);
  usageContract(stores);
  deliveryContract(stores);
  hostileContract(stores);
  hostileKeyContract(stores);
  raceContract(stores);
  sequenceRaceContract(stores);
  keyRaceContract(stores);
  schemaContract(stores);
  outageContract(stores);
  durabilityContract(stores);
}
