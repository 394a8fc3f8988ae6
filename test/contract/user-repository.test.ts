import { databaseImplementations } from './databases.ts';
import { describeUserRepositoryContract } from './user-repository.contract.ts';

for (const implementation of databaseImplementations)
  describeUserRepositoryContract(implementation);
