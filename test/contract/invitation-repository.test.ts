import { databaseImplementations } from './databases.ts';
import { describeInvitationRepositoryContract } from './invitation-repository.contract.ts';

for (const implementation of databaseImplementations)
  describeInvitationRepositoryContract(implementation);
