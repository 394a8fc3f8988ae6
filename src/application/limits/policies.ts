/**
 * What a policy counts by. `client`: the networks of the client's address. `account`: an e-mail address, whether it has an
 * account or not. `pair`: an e-mail address together with the narrowest network of the client. `service`: a service
 * account. `all`: every request of the service.
 */
export type PolicyScope = 'client' | 'account' | 'pair' | 'service' | 'all';

interface PolicyKind {
  readonly scope: PolicyScope;
  /** The name in `RateLimit` fields and `violated_policies`; only policies of clients have one. */
  readonly publicName?: string;
}

/** Every policy. A policy without a public name is never shown: its counter is not that of the caller. */
export const POLICIES = {
  sign_in_client: { scope: 'client', publicName: 'sign-in' },
  sign_in_pair: { scope: 'pair' },
  sign_in_global: { scope: 'all' },
  refresh_client: { scope: 'client', publicName: 'refresh' },
  registration_client: { scope: 'client', publicName: 'registration' },
  reset_account: { scope: 'account' },
  reset_client: { scope: 'client', publicName: 'password-reset' },
  verification_account: { scope: 'account' },
  service_account: { scope: 'service', publicName: 'service-account' },
  global: { scope: 'all' },
} as const satisfies Readonly<Record<string, PolicyKind>>;

/** Names of the policies, as in the configuration. */
export type PolicyName = keyof typeof POLICIES;

export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

/** The limit of a policy: `rate` requests in `perMs`, and up to `burst` at once. */
export interface PolicySettings {
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
}

export function kindOf(policy: PolicyName): PolicyKind {
  return POLICIES[policy];
}

type Camel<S extends string> = S extends `${infer A}_${infer B}`
  ? `${A}${Capitalize<Camel<B>>}`
  : S;

/** The name of a policy in the typed configuration. */
export function camelPolicy<N extends PolicyName>(policy: N): Camel<N> {
  // The loop over the letters builds what the type describes.
  return policy.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as Camel<N>;
}
