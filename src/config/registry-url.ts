import { isLoopbackHost } from './loopback.ts';

/** A registry's address, or what is wrong with it. The complaint never repeats the text: it may hold a password. */
export type ParsedRegistryUrl =
  { readonly kind: 'url'; readonly url: URL } | { readonly kind: 'complaint'; readonly complaint: string };

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['https:', '443'],
]);

/** Where Docker Hub's web pages are; its registry is elsewhere. */
const DOCKER_HUB_PAGES: ReadonlySet<string> = new Set(['docker.io', 'www.docker.com', 'hub.docker.com']);

/** Reads scheme, host and port; anything else in the text is refused, because it would be dropped in silence or leak. */
export function parseRegistryUrl(text: string): ParsedRegistryUrl {
  if (text.includes('${')) return complain('"${…}" is not expanded: write the URL itself');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return complain(schemeHint(text));
  if (!URL.canParse(text)) return complain('not a URL: write it like https://registry.example.com');
  const url = new URL(text);
  const complaint = complaintAbout(url);
  return complaint === undefined ? { kind: 'url', url: new URL(url.origin) } : complain(complaint);
}

/**
 * Host and port by which two addresses are the same registry: schemes do not count, nor a dot at the end of the host, nor how
 * this machine is called.
 */
export function registryIdentity(url: URL): string {
  const host = url.hostname.replace(/\.$/, '');
  const isThisMachine = host === '127.0.0.1' || host === '[::1]' || host === 'localhost';
  return `${isThisMachine ? 'localhost' : host}:${portOf(url)}`;
}

/** The port in use, named or by the scheme's default. */
export function portOf(url: URL): string {
  return url.port === '' ? (DEFAULT_PORTS.get(url.protocol) ?? '') : url.port;
}

function complaintAbout(url: URL): string | undefined {
  if (!DEFAULT_PORTS.has(url.protocol)) return 'the scheme must be http or https';
  if (url.username !== '' || url.password !== '') {
    return 'user information does not belong in a URL: write it under credentials';
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || /[?#]$/.test(url.href)) {
    return 'write scheme, host and port only: a path, query or fragment has no meaning here';
  }
  return DOCKER_HUB_PAGES.has(url.hostname)
    ? 'the registry of Docker Hub is https://registry-1.docker.io'
    : undefined;
}

function schemeHint(text: string): string {
  const host = /^([A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(text)?.[1];
  if (host === undefined)
    return 'the scheme is missing: write http://localhost:5000 or https://registry.example.com';
  return `the scheme is missing: write ${isLoopbackHost(host) ? 'http' : 'https'}://${text}`;
}

function complain(complaint: string): ParsedRegistryUrl {
  return { kind: 'complaint', complaint };
}
