import { SetMetadata } from '@nestjs/common';
import type { Role } from './role.ts';
import { ROUTE_ACCESS, type RouteAccess } from './route-access.ts';

/** Lets in whoever has at least this role; on a method it overrules that of its class. */
export function RequiresRole(role: Role): ClassDecorator & MethodDecorator {
  return SetMetadata<string, RouteAccess>(ROUTE_ACCESS, { kind: 'role', role });
}
