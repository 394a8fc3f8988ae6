import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.ts';

const directory = join(import.meta.dirname, '../../docs/events');

/** Event types with a schema under docs/events. */
export const documentedTypes: readonly string[] = readdirSync(directory)
  .filter((name) => name.endsWith('.schema.json'))
  .map((name) => name.replace(/\.v1\.schema\.json$/, ''))
  .sort();

/**
 * Closes each object of a published schema, and each list of known values: the service sends no field and no value that
 * its schema does not name.
 */
function closed(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { type, examples } = value as { type?: unknown; examples?: unknown };
  if (type === 'object') return { ...value, additionalProperties: false };
  return type === 'string' && examples !== undefined ? { ...value, enum: examples } : value;
}

function compile(
  type: string,
  reviver?: (name: string, value: unknown) => unknown,
): ValidateFunction {
  const text = readFileSync(join(directory, `${type}.v1.schema.json`), 'utf8');
  return new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(
    JSON.parse(text, reviver),
  );
}

const ajv = new Ajv2020();
const validators = new Map<string, ValidateFunction>(
  documentedTypes.map((type) => [`urn:user-service:schema:${type}.v1`, compile(type, closed)]),
);

/** Whether a consumer that validates with the published schema accepts the data of an event. */
export function consumerAccepts(type: string, data: object): boolean {
  return compile(type)(data);
}

/** A message as a consumer receives it. */
export interface EventMessage {
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly data: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads a message of the stream and validates its attributes, its subject, and its data against the schema,
 * which allows no further field and value here.
 * @throws Error with every violation
 */
export function readEventMessage(message: EventMessage): RecordedEvent {
  const { subject, headers, data } = message;
  const faults: string[] = [];
  const expected = (what: string, holds: boolean): void => void (holds || faults.push(what));
  const attribute = (name: string): string | null => headers.get(`ce-${name}`) ?? null;

  const type = /^user-service\.(.+)\.v1$/.exec(attribute('type') ?? '')?.[1] ?? '';
  const [id, userId, version] = [
    attribute('id') ?? '',
    attribute('subject'),
    attribute('userversion'),
  ];
  const time = new Date(attribute('time') ?? '');
  expected('ce-specversion', attribute('specversion') === '1.0');
  expected('ce-source', attribute('source') === 'urn:user-service:events');
  expected('ce-id', ID.test(id));
  expected('Nats-Msg-Id', headers.get('Nats-Msg-Id') === id);
  expected(
    'ce-time',
    time.toString() !== 'Invalid Date' && attribute('time') === time.toISOString(),
  );
  expected('ce-datacontenttype', attribute('datacontenttype') === 'application/json');
  expected('ce-dataschema', attribute('dataschema') === `urn:user-service:schema:${type}.v1`);
  expected('ce-subject', userId === null || ID.test(userId));
  expected('ce-userversion', userId === null ? version === null : /^[1-9]\d*$/.test(version ?? ''));
  // Absent from what an older build published.
  expected('ce-sequence', /^[1-9]\d*$/.test(attribute('sequence') ?? '1'));
  expected('subject', subject === `users.events.${type}.${userId ?? 'unknown'}`);

  const validate = validators.get(attribute('dataschema') ?? '');
  const body: unknown = JSON.parse(data);
  if (validate === undefined) faults.push(`no schema for ${type}`);
  else if (!validate(body)) faults.push(ajv.errorsText(validate.errors, { dataVar: 'data' }));
  if (faults.length > 0) throw new Error(`invalid event ${id} of ${subject}: ${faults.join('; ')}`);

  const userVersion = version === null ? null : Number(version);
  const event = { type, userId, userVersion, data: body } as DomainEvent;
  return { id, event, time, requestId: '' };
}
