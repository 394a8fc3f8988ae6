import { describeChallengeRepositoryContract } from './challenge-repository.contract.ts';
import { databaseImplementations } from './databases.ts';

for (const implementation of databaseImplementations) {
  describeChallengeRepositoryContract(implementation);
}
