// A mirror of the client package over HTTP, whose source delivers old events again.
import { httpEvents } from '@user-service/client/events';
import { keepTable } from './keep-table.mjs';

const { SERVICE_URL: url, SERVICE_KEY: key } = process.env;
await keepTable(httpEvents({ url, key, waitMs: 5_000 }));
