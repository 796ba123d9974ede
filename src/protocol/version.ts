/** The version of the messages that this build writes. */
export const PROTOCOL_VERSION = '1.2.0';
/** The WebSocket subprotocol. */
export const SUBPROTOCOL = 'pacebuddy.v1';

/** @returns whether this build can read messages of `version`: the same major; a newer minor only adds. */
export const isReadable = (version: string): boolean => version.split('.')[0] === PROTOCOL_VERSION.split('.')[0];

/** @returns whether `version` is of a newer minor than this build's, so that unknown event types are to be expected. */
export const isNewer = (version: string): boolean =>
  Number(version.split('.')[1]) > Number(PROTOCOL_VERSION.split('.')[1]);
