/** SGR parameters (ECMA-48, 8.3.117) of what is shown on a terminal. */
export const RED = '31';
export const YELLOW = '33';
export const GREEN = '32';
export const DIM = '2';
export const BOLD = '1';

/** @param style  one of those above, or several with `;` between. */
export const painted = (style: string, text: string): string => `\u001b[${style}m${text}\u001b[0m`;

/** Whether standard output takes colours: a terminal, and nobody said NO_COLOR. */
export const isColourful = (): boolean => process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
