export type Json = Record<string, unknown>;

export function reference(path: string): Json {
  return { $ref: `#/${path}` };
}

/** The schema of a text. */
export function text(description: string): Json {
  return { type: 'string', description };
}

/** Turns `get-by-email` and `user.email_changed` into `GetByEmail` and `UserEmailChanged`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|[-._])([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** Turns `get-by-email` into `getByEmail`. */
export function camelCase(name: string): string {
  return name.replace(/[-._]([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
