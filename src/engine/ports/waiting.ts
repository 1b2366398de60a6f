export type Waiting = {signal: AbortSignal};
