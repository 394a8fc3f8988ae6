import { AWKWARD_PEOPLE, type AwkwardPerson } from './awkward.ts';
import type { Culture, Joining, SpelledName } from './culture.ts';
import { eastAsianCultures } from './cultures-east-asia.ts';
import { europeanCultures } from './cultures-europe.ts';
import { latinCultures } from './cultures-latin.ts';
import { latinWorldCultures } from './cultures-latin-world.ts';
import { moreCultures } from './cultures-more.ts';
import { rightToLeftCultures } from './cultures-right-to-left.ts';
import { southAsianCultures } from './cultures-south-asia.ts';
import { addressKey, makeEmail } from './email.ts';
import { makePassphrase } from './passphrase.ts';
import { PHONE_PLANS } from './phone-plans.ts';
import { createRandom, type Random } from './random.ts';

/** One line of the example file, in the form that registration takes. */
export interface ExamplePerson {
  first_name: string;
  last_name: string;
  email: string;
  phone: string | null;
  password: string;
}

const SEED = 20_260_101;
const PEOPLE = 2_000;
const WITHOUT_PHONE = 0.25;
const DECOMPOSED = 0.03;
const FRESH_NAME_TRIES = 12;

/** The person of the walk-through in the README; the same in every version. */
const ADA: ExamplePerson = {
  first_name: 'Ada',
  last_name: 'Okafor',
  email: 'ada.okafor@example.com',
  phone: '+2348031234567',
  password: 'velvet anchor 208 drifts past noon',
};

const CULTURES: readonly Culture[] = [
  ...latinCultures,
  ...latinWorldCultures,
  ...europeanCultures,
  ...rightToLeftCultures,
  ...southAsianCultures,
  ...eastAsianCultures,
  ...moreCultures,
];
const TOTAL_WEIGHT = CULTURES.reduce((sum, culture) => sum + culture.weight, 0);

/** Addresses, numbers and full names that are in use already. */
interface Taken {
  emails: Set<string>;
  phones: Set<string>;
  names: Set<string>;
}

function pickCulture(random: Random): Culture {
  let rest = random.fraction() * TOTAL_WEIGHT;
  for (const culture of CULTURES) {
    rest -= culture.weight;
    if (rest < 0) return culture;
  }
  throw new Error('weights do not add up');
}

function pickName(
  random: Random,
  list: readonly SpelledName[],
  joining: Joining | undefined,
): SpelledName {
  const name = random.pick(list);
  if (joining === undefined || !random.chance(joining.chance)) return name;
  const other = random.pick(list);
  if (other === name || `${name.text}${other.text}`.includes('-')) return name;
  return { text: name.text + joining.separator + other.text, ascii: name.ascii };
}

function pickFullName(
  random: Random,
  culture: Culture,
  taken: Taken,
): { first: SpelledName; last: SpelledName } {
  let drawn = { first: { text: '', ascii: '' }, last: { text: '', ascii: '' } };
  for (let attempt = 0; attempt < FRESH_NAME_TRIES; attempt += 1) {
    const { given, family } = random.pick(culture.groups);
    drawn = {
      first: pickName(random, given, culture.joinGiven),
      last: pickName(random, family, culture.joinFamily),
    };
    if (!taken.names.has(`${drawn.first.text}\n${drawn.last.text}`)) break;
  }
  taken.names.add(`${drawn.first.text}\n${drawn.last.text}`);
  return drawn;
}

/** A quarter have none. A number that is in use is replaced, a few times at most: small ranges may still repeat. */
function makePhone(random: Random, culture: Culture, taken: Taken): string | null {
  if (random.chance(WITHOUT_PHONE)) return null;
  let phone = '';
  for (let attempt = 0; attempt < FRESH_NAME_TRIES; attempt += 1) {
    const plan = random.pick(PHONE_PLANS.get(random.pick(culture.countries)) ?? []);
    phone = plan.replace(/#/g, () => String(random.below(10)));
    if (!taken.phones.has(phone)) break;
  }
  taken.phones.add(phone);
  return phone;
}

/** Texts that the passphrase must not contain: the local part, its longer pieces, and the names of the service. */
function avoidedInPassphrase(email: string): string[] {
  const local = email.slice(0, email.lastIndexOf('@'));
  return [
    local,
    ...local.split(/[._+-]/).filter((piece) => piece.length >= 3),
    'user-service',
    'example',
  ];
}

function drawPerson(random: Random, taken: Taken): ExamplePerson {
  const culture = pickCulture(random);
  const { first, last } = pickFullName(random, culture, taken);
  const form = random.chance(DECOMPOSED) ? 'NFD' : 'NFC';
  const email = makeEmail(random, culture, first, last, taken.emails);
  return {
    first_name: first.text.normalize(form),
    last_name: last.text.normalize(form),
    email,
    phone: makePhone(random, culture, taken),
    password: makePassphrase(random, culture.words, avoidedInPassphrase(email)),
  };
}

function completeAwkward(random: Random, person: AwkwardPerson, taken: Taken): ExamplePerson {
  const culture = pickCulture(random);
  const email = person.email ?? `${person.ascii}@example.org`;
  return {
    first_name: person.first,
    last_name: person.last,
    email,
    phone: person.phone === undefined ? makePhone(random, culture, taken) : person.phone,
    password: person.password ?? makePassphrase(random, undefined, avoidedInPassphrase(email)),
  };
}

/** The 2,000 people of `examples/people.ndjson`: the same on every call, the person of the walk-through first. */
export function makePeople(): ExamplePerson[] {
  const random = createRandom(SEED);
  const taken: Taken = {
    emails: new Set([addressKey(ADA.email)]),
    phones: new Set(),
    names: new Set(),
  };
  for (const { email, ascii } of AWKWARD_PEOPLE)
    taken.emails.add(addressKey(email ?? `${ascii}@example.org`));
  const people = AWKWARD_PEOPLE.map((person) => completeAwkward(random, person, taken));
  while (people.length < PEOPLE - 1) people.push(drawPerson(random, taken));
  for (let last = people.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const [a, b] = [people[last], people[other]];
    if (a !== undefined && b !== undefined) [people[last], people[other]] = [b, a];
  }
  return [ADA, ...people];
}

/** The file's text: one JSON object a line, each line ended. */
export function formatPeople(people: readonly ExamplePerson[]): string {
  return people.map((person) => `${JSON.stringify(person)}\n`).join('');
}
