import { databaseImplementations } from './databases.ts';
import { describeSessionRepositoryContract } from './session-repository.contract.ts';

for (const implementation of databaseImplementations)
  describeSessionRepositoryContract(implementation);
