/** Colours for people; the identity where the text goes to a file. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

export const PLAIN: Paint = { good: same, bad: same, strong: same };
