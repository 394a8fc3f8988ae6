import { databaseImplementations } from './databases.ts';
import { describeSigningKeyRepositoryContract } from './signing-key-repository.contract.ts';

for (const implementation of databaseImplementations)
  describeSigningKeyRepositoryContract(implementation);
