import { isIP } from 'node:net';
import { InvalidValue } from '../../domain/errors.ts';
import type { WebhookTargets } from '../../domain/webhook/webhook-endpoint.ts';
import type { ReceiverAddresses } from './receiver-addresses.ts';

export interface TargetRules {
  readonly addresses: ReceiverAddresses;
  readonly allowHttp: boolean;
  /** With allowed networks, a name may lead to one of them: its port is checked when its address is known. */
  readonly hasAllowedNetworks: boolean;
}

const MAX_URL_LENGTH = 2_000;
const PORTS: Readonly<Record<string, readonly number[]>> = {
  'https:': [443, 8443],
  'http:': [80, 8080],
};

export function createWebhookTargets(rules: TargetRules): WebhookTargets {
  const { addresses, allowHttp, hasAllowedNetworks } = rules;
  return {
    parseUrl(text) {
      if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) throw wrongUrl(allowHttp);
      const url = new URL(text);
      const isScheme = url.protocol === 'https:' || (allowHttp && url.protocol === 'http:');
      const isPlain = url.username === '' && url.password === '' && url.hash === '';
      if (!isScheme || !isPlain || url.href.length > MAX_URL_LENGTH) throw wrongUrl(allowHttp);
      const host = hostOf(url);
      const isAddress = isIP(host) !== 0;
      if (isAddress && !addresses.isAllowed(host)) throw refusedAddress();
      const mayBeListed = isAddress ? addresses.isListed(host) : hasAllowedNetworks;
      if (!isUsualPort(url) && !mayBeListed) {
        throw new InvalidValue(
          'webhook_port',
          'Must have the port 443 or 8443, unless webhooks.allow_networks has the receiver.',
        );
      }
      return url.href;
    },
  };
}

/** A host name, or an address without brackets. The URL parser has brought every spelling of an address into one form. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

export function isUsualPort({ protocol, port }: URL): boolean {
  return port === '' || PORTS[protocol]?.includes(Number(port)) === true;
}

function wrongUrl(allowHttp: boolean): InvalidValue {
  return new InvalidValue(
    'webhook_url',
    `Must be an ${allowHttp ? 'http or https' : 'https'} URL of at most ${MAX_URL_LENGTH} characters, without credentials and fragment.`,
  );
}

function refusedAddress(): InvalidValue {
  return new InvalidValue(
    'webhook_address',
    'Must not be an address outside of the public internet, unless webhooks.allow_networks has it.',
  );
}
