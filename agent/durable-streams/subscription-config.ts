/** What a subscription asks for, checked: whom to wake, how, and for which streams. */
import { isAddress, isLocalName, isPublicAddress } from '../core/push/addresses.js';
import { refuseCode } from './refusal.js';

export interface SubscriptionConfig {
  readonly type: 'webhook' | 'pull-wake';
  readonly pattern: string | null;
  readonly streams: readonly string[];
  readonly webhook: { readonly url: string } | null;
  readonly wake_stream: string | null;
  readonly lease_ttl_ms: number;
  readonly description: string | null;
}

/** The configuration in normal form: two that ask for the same are equal as JSON. */
export function configOf(
  body: Record<string, unknown>,
  localWebhooks: boolean
): SubscriptionConfig {
  const { type, pattern, streams = [], wake_stream: wakeStream, description } = body;
  const lease = body['lease_ttl_ms'] ?? 30_000;
  if (type !== 'webhook' && type !== 'pull-wake') {
    return invalid('type must be webhook or pull-wake.');
  }
  if (pattern !== undefined && (typeof pattern !== 'string' || pattern === '')) {
    return invalid('pattern must be a glob over paths.');
  }
  const paths = pathsOf(streams);
  if (pattern === undefined && paths.length === 0) {
    return invalid('Send a pattern or streams.');
  }
  if (typeof lease !== 'number' || !Number.isInteger(lease) || lease < 1000 || lease > 600_000) {
    return invalid('lease_ttl_ms must be a whole number from 1000 to 600000.');
  }
  if (type === 'pull-wake' && (typeof wakeStream !== 'string' || wakeStream === '')) {
    return invalid('wake_stream must be the path of a stream.');
  }
  return {
    type,
    pattern: pattern ?? null,
    streams: paths,
    webhook: type === 'webhook' ? { url: webhookUrl(body['webhook'], localWebhooks) } : null,
    wake_stream: type === 'pull-wake' ? (wakeStream as string) : null,
    lease_ttl_ms: lease,
    description: typeof description === 'string' ? description : null
  };
}

/** Paths from the stream root, sorted, each once. */
export function pathsOf(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every(path => typeof path === 'string' && path !== '')) {
    return invalid('streams must be an array of paths.');
  }
  return [...new Set((value as string[]).map(path => path.replace(/^\/+/, '')))].sort();
}

/** Does the glob match? `*` is one segment, `**` any number of them. */
export function matches(pattern: string, path: string): boolean {
  const match = (globs: readonly string[], names: readonly string[]): boolean => {
    const [glob, ...rest] = globs;
    if (glob === undefined) {
      return names.length === 0;
    }
    if (glob === '**') {
      return match(rest, names) || (names.length > 0 && match(globs, names.slice(1)));
    }
    return names.length > 0 && (glob === '*' || glob === names[0]) && match(rest, names.slice(1));
  };
  return match(pattern.replace(/^\/+/, '').split('/'), path.split('/'));
}

function webhookUrl(webhook: unknown, localWebhooks: boolean): string {
  const text = (webhook as { url?: unknown } | null | undefined)?.url;
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    return invalid('webhook.url must be a URL.');
  }
  const host = url.hostname.replace(/^\[|\]$|\.+$/g, '');
  const here = host === 'localhost' || /^127\.0\.0\.\d+$/.test(host);
  const local = isAddress(host) ? !isPublicAddress(host) : isLocalName(host);
  const allowed = url.protocol === 'https:' && !local;
  if (!allowed && !(localWebhooks && here && url.protocol === 'http:')) {
    refuseCode(
      400,
      'WEBHOOK_URL_REJECTED',
      'webhook.url must be https and not of a local network.'
    );
  }
  return String(text);
}

function invalid(message: string): never {
  return refuseCode(400, 'INVALID_REQUEST', message);
}
