/** The version of the host; a test holds it to that of the package. */
export const HOST_VERSION = '0.1.0';
