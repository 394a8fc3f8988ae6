import { databaseImplementations } from './databases.ts';
import { describeSessionEndingContract } from './session-ending.contract.ts';

for (const implementation of databaseImplementations) describeSessionEndingContract(implementation);
