import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Role } from './role.ts';
import { ROLE_EXTENSION, ROUTE_ACCESS, type RouteAccess } from './route-access.ts';

/**
 * Like `RequiresRole`, for pages: a browser asks its user for a name, which is ignored, and a password, which is the token, and
 * sends them as Basic. Only for routes that change nothing: a browser sends them again by itself, whoever asks it to.
 */
export function RequiresRoleInBrowser(role: Role): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata<string, RouteAccess>(ROUTE_ACCESS, { kind: 'role', role, realm: 'browser' }),
    ApiExtension(ROLE_EXTENSION, role),
  );
}
