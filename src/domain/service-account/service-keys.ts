/** Makes service keys (`usk_…`) and the hashes they are found by. */
export interface ServiceKeys {
  create(): { readonly key: string; readonly hash: Uint8Array };
  /** @returns null for whatever has not the form of a service key. */
  hash(key: string): Uint8Array | null;
}
