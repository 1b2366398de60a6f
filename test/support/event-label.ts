type Told = {type: string; step?: string; name?: string};

/** The type and the step of an event, without its time: `effect.finished diagnose`, `restarting restart-pipelines`. */
export function labelOf({type, step = '', name = type}: Told): string {
	return `${type === 'effect.progressed' ? name : type} ${step}`.trimEnd();
}
