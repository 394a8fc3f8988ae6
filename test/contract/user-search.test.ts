import { databaseImplementations } from './databases.ts';
import { describeUserSearchContract } from './user-search.contract.ts';

for (const implementation of databaseImplementations) describeUserSearchContract(implementation);
