/** An input that waited longer for a bridge that stood still fires nothing: by now somebody has pressed again, or called. */
export const INPUT_LATE_MS = 2000;
