import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Role } from './role.ts';
import { ROLE_EXTENSION, ROUTE_ACCESS, type RouteAccess } from './route-access.ts';

/** Lets in whoever has at least this role; on a method it overrules that of its class. */
export function RequiresRole(role: Role): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata<string, RouteAccess>(ROUTE_ACCESS, { kind: 'role', role, realm: 'api' }),
    ApiExtension(ROLE_EXTENSION, role),
  );
}
