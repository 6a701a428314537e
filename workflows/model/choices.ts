/** What a person may decide about something that a rotation cannot finish by itself. */
export const choices = ['retry', 'skip', 'giveUp'] as const;
export type Choice = (typeof choices)[number];
