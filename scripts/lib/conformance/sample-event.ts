/** One case of a file of conformance vectors. */
export interface Case {
  readonly name: string;
  readonly expected: object;
}

export const ID = '0198c0de-2a3b-7c4d-8e5f-6a7b8c9d0e1f';
export const USER = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';

/** An event as the feed has it. */
export const CLOUD_EVENT = {
  specversion: '1.0',
  id: ID,
  source: 'urn:user-service:events',
  type: 'user-service.user.created.v1',
  time: '2026-11-05T09:30:00.000Z',
  subject: USER,
  datacontenttype: 'application/json',
  dataschema: 'urn:user-service:schema:user.created.v1',
  userversion: 1,
  sequence: '1042',
  data: { status: 'active' },
};

/** The same as a reader has it. */
export const READ = {
  ...{ id: ID, type: 'user.created', time: CLOUD_EVENT.time, sequence: 1042 },
  ...{ userId: USER, userVersion: 1, data: CLOUD_EVENT.data },
};
