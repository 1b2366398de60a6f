type Told = {type: string; step?: string; name?: string};

/** What an event says, without when: `effect.finished diagnose`, `restarting restart-pipelines`. */
export function labelOf({type, step = '', name = type}: Told): string {
	return `${type === 'effect.progressed' ? name : type} ${step}`.trimEnd();
}
