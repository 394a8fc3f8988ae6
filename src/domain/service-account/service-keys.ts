/** Creates service keys (`usk_…`) and the hashes under which they are stored. */
export interface ServiceKeys {
  create(): { readonly key: string; readonly hash: Uint8Array };
  /** @returns null when the text does not have the form of a service key. */
  hash(key: string): Uint8Array | null;
}
