import { types } from 'pg';
import { parseTime } from '../time-value.ts';

/** Reads times as `parseTime` does, and everything else as the driver does: the driver reads an unknown form as null. */
export const valueParsers: typeof types = {
  ...types,
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (oid === types.builtins.TIMESTAMPTZ || oid === types.builtins.TIMESTAMP) && format !== 'binary'
      ? parseTime
      : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
};
