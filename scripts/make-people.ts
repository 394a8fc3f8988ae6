/** Writes examples/people.ndjson anew: `npx tsx scripts/make-people.ts`. The bytes are always the same. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatPeople, makePeople } from './people/people.ts';

const people = makePeople();
const file = fileURLToPath(new URL('../examples/people.ndjson', import.meta.url));
writeFileSync(file, formatPeople(people));
console.log(`${people.length} people written to ${file}`);
