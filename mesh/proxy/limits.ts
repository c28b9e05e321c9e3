/** Bounds for what clients send, of both versions of HTTP: Envoy's defaults. */

/** For the head of a request. */
export const maxRequestHeadBytes = 60 * 1024;

/** For the number of header lines in a request. */
export const maxHeaderLines = 100;

/** idle_timeout of connections. */
export const idleTimeoutMs = 3_600_000;

/** max_concurrent_streams of one connection of HTTP/2. */
export const maxConcurrentStreams = 1024;

/** per_connection_buffer_limit_bytes: so much of a body is held here at a time. */
export const bufferLimitBytes = 1024 * 1024;
