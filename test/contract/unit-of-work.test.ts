import { databaseImplementations } from './databases.ts';
import { describeUnitOfWorkContract } from './unit-of-work.contract.ts';

for (const implementation of databaseImplementations) describeUnitOfWorkContract(implementation);
