import { databaseImplementations } from './databases.ts';
import { describeServiceAccountRepositoryContract } from './service-account-repository.contract.ts';

for (const implementation of databaseImplementations)
  describeServiceAccountRepositoryContract(implementation);
