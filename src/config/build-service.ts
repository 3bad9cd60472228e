import { resolve } from 'node:path';

import { classifyHost } from './address-class.ts';
import type { KnownRegistry } from './build-registries.ts';
import type {
  ApiToken,
  DatabaseConfiguration,
  IncomingHook,
  NotificationsConfiguration,
  OutgoingHook,
  ServerConfiguration,
} from './configuration.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import { isLoopbackHost } from './loopback.ts';
import type { FileProblems } from './file-problems.ts';
import { listNames } from './schema-problems.ts';
import type { Salvaged } from './salvage.ts';
import type { SecretReader } from './secret-reader.ts';
import type { DatabaseFields, NotificationFields, ServerFields } from './service-schema.ts';

/** Where the embedded database is kept, below the working directory. */
const DEFAULT_DIRECTORY = 'data';

/** What the service's own parts are built with. */
export interface ServiceContext {
  readonly registries: ReadonlyMap<string, KnownRegistry>;
  readonly secrets: SecretReader;
  readonly problems: FileProblems;
}

/** The embedded database in a directory of the working directory. */
export function embeddedDatabase(directory = DEFAULT_DIRECTORY): DatabaseConfiguration {
  return { kind: 'embedded', directory: resolve(directory) };
}

export function buildDatabase(fields: DatabaseFields, context: ServiceContext): DatabaseConfiguration {
  if (fields.url === undefined) return embeddedDatabase(fields.directory);
  const path = ['database', 'url'];
  const url = context.secrets.read(fields.url, path);
  if (url === undefined) return embeddedDatabase();
  if (!/^postgres(?:ql)?:\/\//.test(url.reveal()))
    context.problems.add(path, 'the value is no postgres:// URL');
  return { kind: 'postgres', url };
}

export function buildServer(
  { fields, dropped }: Salvaged<ServerFields>,
  context: ServiceContext,
): ServerConfiguration {
  const { host, port } = fields;
  const pathOf = (index: number): ConfigurationPath => ['server', 'tokens', index];
  const tokens = fields.tokens.map((token, index) => buildToken(token, pathOf(index), context));
  const { problems } = context;
  problems.addRepeats(
    fields.tokens.map(({ name }) => name),
    (index) => [...pathOf(index), 'name'],
    'another token has this name',
  );
  problems.addRepeats(
    tokens.map((token) => token?.token.reveal()),
    (index) => [...pathOf(index), 'token'],
    'another entry has the same token',
  );
  const isOpen = fields.tokens.length === 0 && !dropped.has('tokens');
  if (isOpen && !isLoopbackHost(host)) {
    problems.add(
      ['server', 'host'],
      'others can reach this address: add a token under server.tokens, or listen on 127.0.0.1',
    );
  }
  return { host, port, tokens: tokens.filter((token) => token !== undefined) };
}

export function buildNotifications(
  fields: NotificationFields,
  context: ServiceContext,
): NotificationsConfiguration {
  const incoming = fields.incoming.flatMap((hook, index) =>
    buildIncoming(hook, ['notifications', 'incoming', index], context),
  );
  const outgoing = fields.outgoing.flatMap((hook, index) =>
    buildOutgoing(hook, ['notifications', 'outgoing', index], context),
  );
  context.problems.addRepeats(
    fields.incoming.map(({ path }) => path),
    (index) => ['notifications', 'incoming', index, 'path'],
    'another hook has this path',
  );
  context.problems.addRepeats(
    fields.outgoing.map(({ name }) => name),
    (index) => ['notifications', 'outgoing', index, 'name'],
    'another hook has this name',
  );
  return { incoming, outgoing };
}

function buildToken(
  { name, role, token }: ServerFields['tokens'][number],
  path: ConfigurationPath,
  { secrets, problems }: ServiceContext,
): ApiToken | undefined {
  const secret = secrets.read(token, [...path, 'token']);
  if (secret === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(secret.reveal())) {
    problems.add([...path, 'token'], 'the value has characters that no Authorization header can carry');
  }
  return { name, role, token: secret };
}

function buildIncoming(
  fields: NotificationFields['incoming'][number],
  path: ConfigurationPath,
  { registries, secrets, problems }: ServiceContext,
): readonly IncomingHook[] {
  const known = registries.get(fields.registry);
  if (known === undefined)
    problems.add([...path, 'registry'], `there is no registry of this name: ${listNames(registries.keys())}`);
  const secret = secrets.read(fields.secret, [...path, 'secret']);
  if (secret !== undefined && !/^[\x21-\x7e]+$/.test(secret.reveal()))
    problems.add([...path, 'secret'], 'the value has characters that no Authorization header can carry');
  if (known?.configuration === undefined || secret === undefined) return [];
  return [{ path: fields.path, kind: fields.kind, registry: known.configuration, secret }];
}

function buildOutgoing(
  { name, url, secret, events, allowPrivateAddresses }: NotificationFields['outgoing'][number],
  path: ConfigurationPath,
  { secrets, problems }: ServiceContext,
): readonly OutgoingHook[] {
  const address = secrets.read(url, [...path, 'url']);
  const key = secret === undefined ? undefined : secrets.read(secret, [...path, 'secret']);
  if (address === undefined) return [];
  const complaint = complaintAboutReceiver(address.reveal(), allowPrivateAddresses ? 'private' : 'public');
  if (complaint !== undefined) problems.add([...path, 'url'], complaint);
  return [
    { name, url: address, events, allowPrivateAddresses, ...(key === undefined ? {} : { secret: key }) },
  ];
}

/** No message repeats the address: it may be a secret as a whole. */
function complaintAboutReceiver(address: string, reach: 'public' | 'private'): string | undefined {
  const url = /^https?:\/\//i.test(address) ? URL.parse(address) : null;
  if (url === null) return 'the value is no http or https URL';
  if (url.username !== '' || url.password !== '') return 'the value has user information in it: leave it out';
  if (reach === 'private') return undefined;
  if (url.protocol === 'http:')
    return 'the value is a plain http URL, which needs allowPrivateAddresses, and an address in a private network';
  return classifyHost(url.hostname) === 'public-or-name'
    ? undefined
    : 'the value is an address in a private network: set allowPrivateAddresses if that is meant';
}
