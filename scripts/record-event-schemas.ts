import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEventSchemas } from './asyncapi/events.ts';
import {
  presentRequests,
  RELEASED_EVENTS,
  shapesOf,
  writeReleased,
} from './event-compatibility.ts';

/** Part of a release: later changes of events and NATS requests are compared with what it records. */
const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const released = {
  release: version,
  types: shapesOf(readEventSchemas()),
  requests: presentRequests(),
};
writeFileSync(join(root, RELEASED_EVENTS), writeReleased(released));
