import { databaseImplementations } from './databases.ts';
import { describeRegistrationRequestsContract } from './registration-requests.contract.ts';

for (const implementation of databaseImplementations) {
  describeRegistrationRequestsContract(implementation);
}
