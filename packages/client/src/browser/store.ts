/** What a browser keeps of a session: its ids, and in `storage` mode the refresh token. Other tabs read the same. */
export interface SavedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly refreshToken?: string | undefined;
}

/** The part of `Storage` that is used. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface TextStore {
  read(): string | null;
  write(text: string | null): void;
}

/**
 * One text under a key. Storage that is blocked or full is replaced by a variable: the tab works, and forgets the text
 * when it is reloaded.
 */
export function createTextStore(storage: TextStorage | null, key: string): TextStore {
  let copy: string | null = null;
  let usable = storage;
  return {
    read() {
      try {
        if (usable !== null) copy = usable.getItem(key);
      } catch {
        usable = null;
      }
      return copy;
    },
    write(text) {
      copy = text;
      try {
        if (text === null) usable?.removeItem(key);
        else usable?.setItem(key, text);
      } catch {
        usable = null;
      }
    },
  };
}

/** @returns null for a text that is no session */
export function parseSession(text: string | null): SavedSession | null {
  try {
    const saved = JSON.parse(text ?? 'null');
    return typeof saved?.sessionId === 'string' && typeof saved.userId === 'string' ? saved : null;
  } catch {
    return null;
  }
}
