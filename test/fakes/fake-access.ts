import { type FakeOperation } from './fake-operation.ts';

/** One scope of the token protocol: `repository:team/app:pull,push`. */
export interface TokenScope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export const scopeText = ({ type, name, actions }: TokenScope): string =>
  `${type}:${name}:${actions.join(',')}`;

/** The scopes of one `scope` parameter, which may hold several separated by spaces; a name may contain colons. */
export function parseScopes(text: string): readonly TokenScope[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const pieces = part.split(':');
      const actions = (pieces.at(-1) ?? '').split(',').filter((action) => action !== '');
      return { type: pieces[0] ?? '', name: pieces.slice(1, -1).join(':'), actions };
    });
}

/** What a request needs, as distribution counts it (registry/handlers/app.go, appendAccessRecords). */
export function scopesNeeded(
  request: {
    readonly operation: FakeOperation;
    readonly method: string;
    readonly repository: string;
    readonly query: URLSearchParams;
  },
  deleteAction: string,
): readonly TokenScope[] {
  const { operation, method, repository, query } = request;
  if (operation === 'list-catalog' || operation === 'list-catalog-next') {
    return [{ type: 'registry', name: 'catalog', actions: ['*'] }];
  }
  if (repository === '') return [];
  const own = { type: 'repository', name: repository, actions: actionsOf(method, deleteAction) };
  const from = query.get('from') ?? '';
  return from === '' ? [own] : [own, { type: 'repository', name: from, actions: ['pull'] }];
}

/** DELETE of an upload session needs the delete right too. */
function actionsOf(method: string, deleteAction: string): readonly string[] {
  if (method === 'DELETE') return [deleteAction];
  return method === 'GET' || method === 'HEAD' ? ['pull'] : ['pull', 'push'];
}

/** Whether `granted` covers everything in `needed`. */
export function covers(granted: readonly TokenScope[], needed: readonly TokenScope[]): boolean {
  return needed.every((need) =>
    need.actions.every((action) =>
      granted.some(
        ({ type, name, actions }) =>
          type === need.type && name === need.name && (actions.includes(action) || actions.includes('*')),
      ),
    ),
  );
}

/** User name and password of a Basic Authorization header (RFC 7617); the password may hold colons. */
export function parseBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | null {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon === -1 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
