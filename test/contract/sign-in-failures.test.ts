import { databaseImplementations } from './databases.ts';
import { describeSignInFailuresContract } from './sign-in-failures.contract.ts';

for (const implementation of databaseImplementations)
  describeSignInFailuresContract(implementation);
