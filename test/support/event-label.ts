type Told = {type: string; step?: string; name?: string; item?: string};

/** The type and the step of an event, without its time: `effect.finished diagnose`, `restarting restart-pipelines`. */
export function labelOf({type, step = '', name = type}: Told): string {
	return `${type === 'effect.progressed' ? name : type} ${step}`.trimEnd();
}

/**
 * Names each event of a journal, whose items take turns in another order each time: `effect.finished apply [4]`, and
 * `relinked apply [4] #2` for the second of its label and item.
 */
export function exactLabels(): (event: Told) => string {
	const seen = new Map<string, number>();
	return event => {
		const label = `${labelOf(event)}${event.item === undefined ? '' : ` [${event.item}]`}`;
		const count = (seen.get(label) ?? 0) + 1;
		seen.set(label, count);
		return count === 1 ? label : `${label} #${count}`;
	};
}
