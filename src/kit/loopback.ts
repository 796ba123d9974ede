const LOOPBACK = /^(?:localhost|::1|(?:::ffff:)?127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3})$/i;

/**
 * Whether an address or a name is this machine and nobody else: 127.0.0.0/8, also as IPv6 has it (::ffff:127.0.0.1),
 * ::1 and localhost. Any other name counts as none: what it means is for a name server to say.
 * @param host  without brackets and without a port.
 */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
