/** What a script sees: done; wrong or refused; the command line is wrong; nobody answered. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;
