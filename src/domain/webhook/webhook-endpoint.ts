/** How requests are signed: `v1` by HMAC-SHA256 under a shared secret, `v1a` by Ed25519. */
export const SIGNATURE_SCHEMES = ['v1', 'v1a'] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

/**
 * Why an endpoint gets nothing: an operator or a service disabled it, the receiver answered 410, every attempt of a long
 * time failed, or no master key opens its secrets.
 */
export const DISABLED_REASONS = ['by_operator', 'gone', 'failing', 'secret_unreadable'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** What a caller decides about an endpoint. */
export interface WebhookEndpointSettings {
  readonly url: string;
  readonly description: string | null;
  /** Names of events such as `user.created`, and groups such as `user.*`; null for all. */
  readonly types: readonly string[] | null;
  /** Only events of this user; null for all. */
  readonly userId: string | null;
  /** One delivery at a time, in the order of the feed. */
  readonly ordered: boolean;
}

/** A secret that signs, without the secret itself. */
export interface WebhookSecretInfo {
  readonly id: string;
  readonly scheme: SignatureScheme;
  /** Of the scheme `v1a`: `whpk_` and base64. */
  readonly publicKey: string | null;
  readonly createdAt: Date;
  /** Null for the newest one. */
  readonly expiresAt: Date | null;
}

/** A receiver of events. */
export interface WebhookEndpoint extends WebhookEndpointSettings {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly disabledAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  /** Failed attempts since the last success. */
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Events up to this number have deliveries, or do not match. */
  readonly queuedSequence: number;
  /** Events that were deleted from the outbox before they had deliveries. */
  readonly skippedEvents: number;
  /** Those that sign, the newest first. */
  readonly secrets: readonly WebhookSecretInfo[];
}

/** A new secret as it is stored. */
export interface NewWebhookSecret {
  readonly id: string;
  readonly scheme: SignatureScheme;
  readonly sealedSecret: Uint8Array;
  readonly publicKey: string | null;
}

export interface WebhookEndpointRepository {
  /** @returns false when there are `most` endpoints already. */
  insert(
    endpoint: WebhookEndpointSettings & { readonly id: string },
    most: number,
  ): Promise<boolean>;
  /** In the order of their creation, with their secrets. */
  list(): Promise<readonly WebhookEndpoint[]>;
  find(id: string): Promise<WebhookEndpoint | null>;
  /** Locks the endpoint until the end of the transaction. @returns false when there is none. */
  lock(id: string): Promise<boolean>;
  /** Also raises the version. Enabling forgets what failed before. */
  update(id: string, settings: WebhookEndpointSettings, enabled: boolean): Promise<void>;
  /** Deletes the endpoint and its secrets. @returns false when there is none. */
  delete(id: string): Promise<boolean>;
  /** Adds a secret. The former ones sign for `overlapMs` more. */
  addSecret(endpointId: string, secret: NewWebhookSecret, overlapMs: number): Promise<void>;
}

/** Creates secrets, seals them with the master key, and signs with them. */
export interface WebhookSecrets {
  /** @returns the stored form, and `secret` (`whsec_…`) for the scheme `v1`, which is not shown again. */
  create(
    endpointId: string,
    secretId: string,
    scheme: SignatureScheme,
  ): { readonly stored: NewWebhookSecret; readonly secret: string | null };
}

/** Moves secrets under the current master key. */
export interface WebhookSecretSeals {
  /** @returns how many were moved */
  reseal(): Promise<number>;
  /** Counts the secrets that the current master key does not open. */
  countOthers(): Promise<number>;
}

/** Which receivers are allowed. */
export interface WebhookTargets {
  /**
   * Checks the parts of a URL that are known before a look-up: scheme, port, and an address in place of a name.
   * @returns the URL in its normal form
   * @throws InvalidValue
   */
  parseUrl(text: string): string;
}
