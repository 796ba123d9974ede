import { v7 } from 'uuid';

/** A UUID version 7 (RFC 9562): unique, and sorted by time. */
export const newId = (): string => v7();
