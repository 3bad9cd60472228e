/**
 * Token of the controllers that authenticate their callers themselves, a list of classes. The guard lets everything pass that is
 * meant for them, and nobody reads the body of a request before they do.
 */
export const SELF_AUTHENTICATING = Symbol('SelfAuthenticating');
