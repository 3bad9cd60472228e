import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ApiError } from '../problem/api-error.ts';
import type { Role } from './role.ts';

/** Who sent a request. */
export interface Caller {
  /** Name of the token, or `loopback` where none is configured. */
  readonly name: string;
  readonly role: Role;
}

/** A caller, and where its request came from. */
export interface CallerAt extends Caller {
  /** IP address of whoever opened the connection. */
  readonly address: string;
}

const CALLERS = new WeakMap<Request, CallerAt>();

export function rememberCaller(request: Request, caller: Caller): void {
  CALLERS.set(request, { ...caller, address: request.socket.remoteAddress ?? '' });
}

/** The caller of this request, as a parameter of a handler; only where a role is required. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): CallerAt => {
  const caller = CALLERS.get(context.switchToHttp().getRequest<Request>());
  if (caller === undefined) throw new ApiError('INTERNAL', 'nobody was authenticated');
  return caller;
});
