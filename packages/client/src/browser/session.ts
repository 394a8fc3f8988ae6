import type {
  CallResult,
  ChallengeCode,
  MailCode,
  PasswordCode,
  Proof,
  RegisterCode,
  Registered,
  Registration,
  RequestedMail,
  SessionCode,
  SessionState,
  SignInCode,
  User,
} from './types.ts';

/** Calls about an account, for which no user has to be signed in. */
export interface AccountCalls {
  /** Does not sign in. With `registration.existing_email: conceal` the response is that a mail is sent. */
  register(registration: Registration): Promise<CallResult<Registered, RegisterCode>>;

  /** A mail with a code and a link; the response is the same for every address. */
  requestEmailVerification(email: string): Promise<CallResult<RequestedMail, MailCode>>;

  confirmEmailVerification(proof: Proof): Promise<CallResult<undefined, ChallengeCode>>;

  /** A mail with a code and a link; the response is the same for every address. */
  requestPasswordReset(email: string): Promise<CallResult<RequestedMail, MailCode>>;

  /** Sets the password and ends all sessions. Does not sign in. */
  confirmPasswordReset(
    proof: Proof & { readonly new_password: string },
  ): Promise<CallResult<undefined, ChallengeCode>>;
}

/** Calls that begin, use and end the session. */
export interface SessionCalls {
  /** The account of the session. */
  user(): Promise<CallResult<User, SessionCode>>;

  signIn(credentials: {
    readonly email: string;
    readonly password: string;
  }): Promise<CallResult<SessionState, SignInCode>>;

  /**
   * Ends the session, in all tabs, or with `everywhere` all sessions of the user. When the service cannot be reached,
   * the session goes on and the user stays signed in: tell them, and try again.
   */
  signOut(options?: { readonly everywhere?: boolean }): Promise<CallResult<undefined, SessionCode>>;

  /** Proves the password again, for changes that need it: `step_up_required`. */
  reauthenticate(password: string): Promise<CallResult<SessionState, SessionCode>>;

  /** Ends all other sessions. */
  changePassword(change: {
    readonly current_password?: string;
    readonly new_password: string;
  }): Promise<CallResult<SessionState, PasswordCode | SessionCode>>;
}

/** The session of this browser. */
export interface BrowserSession extends AccountCalls, SessionCalls {
  /** Who is signed in, without a request. It can be outdated until the next one. */
  readonly state: SessionState;

  /** Calls the listener at each sign-in and sign-out, in whichever tab. @returns the function that ends this */
  onChange(listener: (state: SessionState) => void): () => void;

  /**
   * Asks the service for the session of the cookie, where `state` is signed out: browsers delete the storage of pages
   * that are not visited for a while, and sibling apps of one site have one cookie. Without a cookie it costs a 401.
   */
  restore(): Promise<CallResult<SessionState>>;

  /** `fetch` with the access token; see `origins`. */
  readonly fetch: typeof globalThis.fetch;

  /** An access token for other transports, such as a WebSocket; null when signed out. */
  accessToken(): Promise<CallResult<string | null>>;

  /** Stops listening to other tabs. */
  close(): void;
}
