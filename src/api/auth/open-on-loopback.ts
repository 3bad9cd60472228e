import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Role } from './role.ts';
import { ROLE_EXTENSION, ROUTE_ACCESS, type RouteAccess } from './route-access.ts';

/** Lets everybody in who asks from this machine and not through a proxy; others need the role. */
export function OpenOnLoopback(otherwise: Role): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata<string, RouteAccess>(ROUTE_ACCESS, { kind: 'open-on-loopback', otherwise }),
    ApiExtension(ROLE_EXTENSION, otherwise),
  );
}
