import { describeDatabaseContract } from './database.contract.ts';
import { databaseImplementations } from './databases.ts';

for (const implementation of databaseImplementations) describeDatabaseContract(implementation);
