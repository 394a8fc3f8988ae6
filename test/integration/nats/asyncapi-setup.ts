import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

interface Message {
  readonly $ref?: string;
  readonly name: string;
  readonly headers?: object;
  readonly examples: readonly { readonly headers?: Headers; readonly payload: unknown }[];
}

type Headers = Readonly<Record<string, string>>;

interface Channel {
  readonly address?: string;
  readonly description?: string;
  readonly messages: Readonly<Record<string, Message>>;
}

/** The committed AsyncAPI document. */
export const asyncApi = parse(
  readFileSync(join(import.meta.dirname, '../../../docs/asyncapi.yaml'), 'utf8'),
) as {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly 'x-jetstream': Readonly<Record<string, unknown>>;
};

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(asyncApi, 'document');

/** The name of the channel whose address has this form. */
export function channelOf(subject: string): string {
  const tokens = subject.split('.');
  const found = Object.entries(asyncApi.channels).filter(([, { address }]) => {
    const expected = address?.split('.') ?? [];
    return (
      expected.length === tokens.length &&
      expected.every((token, index) => /^\{\w+\}$/.test(token) || token === tokens[index])
    );
  });
  const [channel, ...more] = found;
  if (channel === undefined || more.length > 0) {
    throw new Error(`${found.length} channels have the subject ${subject}`);
  }
  return channel[0];
}

/** What of a real message a channel does not document, empty if all is well. A header without a schema is a fault. */
export function differences(
  channel: string,
  message: string,
  { headers = {}, payload }: { readonly headers?: Headers; readonly payload: unknown },
): string[] {
  const entry = asyncApi.channels[channel]?.messages[message];
  if (entry === undefined) return [`${channel} has no message ${message}`];
  const place = entry.$ref ?? `#/channels/${channel}/messages/${message}`;
  const { headers: headersSchema } = at(place) as Message;
  const known = headersSchema === undefined ? [] : propertiesOf(headersSchema);
  return [
    ...Object.keys(headers)
      .filter((name) => !known.includes(name))
      .map((name) => `the header ${name} is not documented`),
    ...(headersSchema === undefined ? [] : faults(`${place}/headers`, headers)),
    ...faults(`${place}/payload`, payload),
  ];
}

function faults(place: string, value: unknown): string[] {
  const validate = ajv.compile({ $ref: `document${place}` });
  return validate(value) ? [] : [ajv.errorsText(validate.errors, { dataVar: place })];
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: object;
  readonly allOf?: readonly Schema[];
}

function propertiesOf(schema: Schema): string[] {
  const { $ref, properties = {}, allOf = [] } = schema;
  const referred = $ref === undefined ? [] : [at($ref) as Schema];
  return [...Object.keys(properties), ...[...referred, ...allOf].flatMap(propertiesOf)];
}

function at(pointer: string): unknown {
  return pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((place, name) => (place as Record<string, unknown>)[name], asyncApi);
}
