import type { TSchema } from 'typebox';
import { oauthErrorSchema } from '../../api/oauth-errors.ts';
import { fieldErrorSchema, problemSchema } from '../../api/problems.ts';
import { disableBody, enableBody } from '../../api/schemas/governing.ts';
import { databaseSchema, dependencySchema, reportSchema } from '../../api/schemas/health.ts';
import { introspectionBody, introspectionSchema } from '../../api/schemas/introspection.ts';
import {
  publicProfileSchema,
  publicProfilesBody,
  publicProfilesSchema,
} from '../../api/schemas/public-profiles.ts';
import { userBatchBody, userBatchSchema } from '../../api/schemas/user-batches.ts';
import {
  deletionBody,
  passwordChangeBody,
  patchUserBody,
  registrationBody,
  registrationRequestedSchema,
  replaceUserBody,
} from '../../api/schemas/user-bodies.ts';
import { userSchema } from '../../api/schemas/users.ts';
import { cloudEventSchema } from '../routes/events/feed-route.ts';
import { liveSchema, readySchema } from '../routes/health-routes.ts';
import {
  invitationBody,
  invitationListSchema,
  invitationLookupBody,
  invitationSchema,
} from '../routes/invitation-routes.ts';
import { authorizationServerSchema } from '../routes/oauth/metadata-routes.ts';
import { revocationBody } from '../routes/oauth/revocation-route.ts';
import { tokenRequestBody, tokenResponseSchema } from '../routes/oauth/token-route.ts';
import {
  issuedTokensSchema,
  reauthenticationBody,
  refreshBody,
  sessionListSchema,
  sessionSchema,
  signedInSchema,
  signInBody,
} from '../routes/sessions/schemas.ts';
import { keySetSchema, publicKeySchema } from '../routes/token-routes.ts';
import {
  actListSchema,
  expirePasswordBody,
  passwordResetMailBody,
} from '../routes/users/govern-routes.ts';
import { userListSchema } from '../routes/users/list-routes.ts';
import { signInFailureSchema, signInFailuresSchema } from '../routes/users/lockout-routes.ts';
import {
  addressBody,
  emailChangeBody,
  passwordResetBody,
  proofBody,
  requestedChallengeSchema,
  undoBody,
} from '../routes/verification/schemas.ts';
import { redeliveredSchema, redeliveryBody } from '../routes/webhooks/delivery-routes.ts';
import {
  deliveryListSchema,
  deliverySchema,
  deliveryWithLogSchema,
  endpointBody,
  endpointListSchema,
  endpointPatchBody,
  endpointSchema,
  endpointWithSecretSchema,
  rotationBody,
} from '../routes/webhooks/schemas.ts';

/** The schema names in generated clients. */
const NAMED: ReadonlyMap<unknown, string> = new Map<TSchema, string>([
  [problemSchema, 'Problem'],
  [fieldErrorSchema, 'FieldError'],
  [oauthErrorSchema, 'OAuthError'],
  [tokenRequestBody, 'TokenRequest'],
  [tokenResponseSchema, 'TokenResponse'],
  [revocationBody, 'RevocationRequest'],
  [authorizationServerSchema, 'AuthorizationServerMetadata'],
  [userSchema, 'User'],
  [userListSchema, 'UserList'],
  [userBatchBody, 'UserBatchRequest'],
  [userBatchSchema, 'UserBatch'],
  [cloudEventSchema, 'CloudEvent'],
  [registrationBody, 'Registration'],
  [registrationRequestedSchema, 'RegistrationRequested'],
  [replaceUserBody, 'UserReplacement'],
  [patchUserBody, 'UserPatch'],
  [passwordChangeBody, 'PasswordChange'],
  [deletionBody, 'Deletion'],
  [disableBody, 'Disabling'],
  [enableBody, 'Enabling'],
  [expirePasswordBody, 'PasswordExpiry'],
  [passwordResetMailBody, 'PasswordResetMail'],
  [actListSchema, 'ActList'],
  [invitationBody, 'InvitationRequest'],
  [invitationLookupBody, 'InvitationLookup'],
  [invitationSchema, 'Invitation'],
  [invitationListSchema, 'InvitationList'],
  [addressBody, 'AddressOfAccount'],
  [proofBody, 'ChallengeProof'],
  [passwordResetBody, 'PasswordReset'],
  [emailChangeBody, 'EmailChange'],
  [undoBody, 'EmailChangeUndo'],
  [requestedChallengeSchema, 'RequestedChallenge'],
  [endpointBody, 'WebhookEndpointRequest'],
  [endpointPatchBody, 'WebhookEndpointPatch'],
  [endpointSchema, 'WebhookEndpoint'],
  [endpointWithSecretSchema, 'WebhookEndpointWithSecret'],
  [endpointListSchema, 'WebhookEndpointList'],
  [rotationBody, 'WebhookSecretRotation'],
  [deliverySchema, 'WebhookDelivery'],
  [deliveryWithLogSchema, 'WebhookDeliveryWithLog'],
  [deliveryListSchema, 'WebhookDeliveryList'],
  [redeliveryBody, 'WebhookRedelivery'],
  [redeliveredSchema, 'WebhookRedelivered'],
  [signInBody, 'SignIn'],
  [refreshBody, 'Refresh'],
  [reauthenticationBody, 'Reauthentication'],
  [issuedTokensSchema, 'IssuedTokens'],
  [signedInSchema, 'SignedIn'],
  [signInFailureSchema, 'SignInFailure'],
  [signInFailuresSchema, 'SignInFailures'],
  [sessionSchema, 'Session'],
  [sessionListSchema, 'SessionList'],
  [keySetSchema, 'KeySet'],
  [introspectionBody, 'IntrospectionRequest'],
  [introspectionSchema, 'Introspection'],
  [publicKeySchema, 'PublicKey'],
  [publicProfilesBody, 'PublicProfilesRequest'],
  [publicProfileSchema, 'PublicProfile'],
  [publicProfilesSchema, 'PublicProfiles'],
  [reportSchema, 'Health'],
  [databaseSchema, 'DatabaseHealth'],
  [dependencySchema, 'DependencyHealth'],
  [liveSchema, 'Liveness'],
  [readySchema, 'Readiness'],
]);

/** The name of a schema of the document; undefined for one without. */
export function schemaName(schema: TSchema): string | undefined {
  return NAMED.get(schema);
}

/** The named schemas themselves, for generated types. */
export function namedSchemaEntries(): readonly (readonly [schema: TSchema, name: string])[] {
  return [...NAMED] as (readonly [TSchema, string])[];
}

/** All named schemas. They refer to each other by name. */
export function namedSchemas(): Record<string, unknown> {
  return Object.fromEntries([...NAMED].map(([schema, name]) => [name, copyWithReferences(schema)]));
}

/** Copies a part of the document and replaces named schemas by references. */
export function withReferences(part: unknown): unknown {
  const name = NAMED.get(part);
  return name === undefined ? copyWithReferences(part) : { $ref: `#/components/schemas/${name}` };
}

function copyWithReferences(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withReferences);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, withReferences(value)]),
  );
}
