import { SetMetadata } from '@nestjs/common';
import { ROUTE_ACCESS, type RouteAccess } from './route-access.ts';

/** Lets everybody in who can reach the service: a route that says nothing but yes and no. */
export function OpenToAll(): ClassDecorator & MethodDecorator {
  return SetMetadata<string, RouteAccess>(ROUTE_ACCESS, { kind: 'open' });
}
