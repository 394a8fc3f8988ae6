import { databaseImplementations } from './databases.ts';
import { describeStoredUserReaderContract } from './stored-user-reader.contract.ts';

for (const implementation of databaseImplementations) {
  describeStoredUserReaderContract(implementation);
}
