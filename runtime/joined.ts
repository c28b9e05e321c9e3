/** Whether this runs as a joined program; else from its sources. In what it joins build/prepare.ts says so here. */
export const isJoined: boolean = false;
