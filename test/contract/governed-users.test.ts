import { databaseImplementations } from './databases.ts';
import { describeGovernedUsersContract } from './governed-users.contract.ts';

for (const implementation of databaseImplementations) describeGovernedUsersContract(implementation);
