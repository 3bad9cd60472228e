import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ApiError } from '../problem/api-error.ts';
import type { Authenticator } from './authenticator.ts';
import { rememberCaller } from './caller.ts';
import { isAtLeast, type Role } from './role.ts';
import { ROUTE_ACCESS, type Realm, type RouteAccess } from './route-access.ts';

/** Names under which people put a token into an address, where logs and histories keep it. */
const TOKEN_PARAMETERS = /^(?:access[-_]?token|token|auth|auth[-_]?token|authorization|bearer|api[-_]?key)$/i;

/** Stands before every route; what is not allowed in so many words is refused. */
export class AccessGuard implements CanActivate {
  readonly #reflector: Reflector;
  readonly #authenticator: Authenticator;
  readonly #selfAuthenticating: readonly Type[];

  constructor(reflector: Reflector, authenticator: Authenticator, selfAuthenticating: readonly Type[]) {
    this.#reflector = reflector;
    this.#authenticator = authenticator;
    this.#selfAuthenticating = selfAuthenticating;
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.#selfAuthenticating.includes(context.getClass())) return true;
    const request = context.switchToHttp().getRequest<Request>();
    this.#authenticator.refuseForeigners(request);
    refuseTokenInQuery(request);
    const access = this.#reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === undefined) throw new ApiError('FORBIDDEN', 'nobody may use this route');
    this.#admit(request, access);
    return true;
  }

  #admit(request: Request, access: RouteAccess): void {
    switch (access.kind) {
      case 'open':
        return;
      case 'open-on-loopback':
        if (!this.#authenticator.isFromThisMachine(request)) this.#require(access.otherwise, request, 'api');
        return;
      case 'role':
        this.#require(access.role, request, access.realm);
    }
  }

  #require(role: Role, request: Request, realm: Realm): void {
    const caller = this.#authenticator.callerOf(request, realm);
    if (!isAtLeast(caller.role, role))
      throw new ApiError(
        'FORBIDDEN',
        `this needs the role ${role}, and the token has the role ${caller.role}`,
      );
    rememberCaller(request, caller);
  }
}

function refuseTokenInQuery({ query }: Request): void {
  if (Object.keys(query).some((name) => TOKEN_PARAMETERS.test(name)))
    throw new ApiError(
      'INVALID_REQUEST',
      'a token in an address ends up in logs: send it as Authorization: Bearer TOKEN, and replace the one you sent',
    );
}
