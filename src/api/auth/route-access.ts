import type { Role } from './role.ts';

/** Who may use a route. A route without one is refused to everybody. */
export type RouteAccess = { readonly kind: 'open' } | { readonly kind: 'role'; readonly role: Role };

/** Where the decorators leave it. */
export const ROUTE_ACCESS = 'geo-reconciler:route-access';
