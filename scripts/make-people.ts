/** Writes examples/people.ndjson: `npx tsx scripts/make-people.ts`. Every run gives the same bytes. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatPeople, makePeople } from './people/people.ts';

const people = makePeople();
const file = fileURLToPath(new URL('../examples/people.ndjson', import.meta.url));
writeFileSync(file, formatPeople(people));
console.log(`${people.length} people written to ${file}`);
