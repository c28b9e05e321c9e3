/** What is generated where a change is judged: the same each time, as a gate must not fail by luck. */
export const gateSeed = 20_261_121;
