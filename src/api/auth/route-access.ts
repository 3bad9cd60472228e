import type { Role } from './role.ts';

/** Who may use a route. A route without one is refused to everybody. */
export type RouteAccess =
  | { readonly kind: 'open' }
  | { readonly kind: 'open-on-loopback'; readonly otherwise: Role }
  | {
      readonly kind: 'role';
      readonly role: Role;
      /** `browser`: a page, for which a browser's own question for a password is accepted, too. */
      readonly realm: Realm;
    };

export type Realm = 'api' | 'browser';

/** Where the decorators leave it. */
export const ROUTE_ACCESS = 'geo-reconciler:route-access';

/** The extension of OpenAPI that says it to clients. */
export const ROLE_EXTENSION = 'x-required-role';
