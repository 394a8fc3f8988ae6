import { databaseImplementations } from './databases.ts';
import { describeEventFeedContract } from './event-feed.contract.ts';

for (const implementation of databaseImplementations) describeEventFeedContract(implementation);
