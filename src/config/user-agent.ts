/** How requests of this program to registries are signed; notifications of a registry repeat it, which tells own writes from foreign ones. */
export const USER_AGENT = 'geo-reconciler';
