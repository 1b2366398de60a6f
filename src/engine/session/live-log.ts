import type {Progress} from '../actions/action.ts';

export type LogLine = {number: number; text: string};

/** What happens right now. Not part of the record: the evidence files are. */
export type LiveLog = {lines: readonly LogLine[]; progress?: Progress};

/** Older lines leave the screen; the evidence keeps them. */
const linesKept = 5_000;
/** Many lines within this time are shown at once, so that a talkative build does not hold up a key. */
const gatherMs = 50;

/** Gathers the log of what is under way, redacted before anybody can see it. */
export function createLiveLog(redact: (text: string) => string, changed: (log: LiveLog) => void) {
	let lines: readonly LogLine[] = [];
	let fresh: LogLine[] = [];
	let progress: Progress | undefined;
	let number = 0;
	let soon: NodeJS.Timeout | undefined;

	const current = (): LiveLog => {
		if (fresh.length > 0) {
			lines = [...lines, ...fresh].slice(-linesKept);
			fresh = [];
		}

		return {lines, ...(progress === undefined ? {} : {progress})};
	};
	const announce = () => {
		soon ??= setTimeout(() => {
			soon = undefined;
			changed(current());
		}, gatherMs);
		soon.unref();
	};

	return {
		current,
		write(text: string): void {
			for (const line of redact(text)
				.replace(/\r?\n$/, '')
				.split('\n')) {
				fresh.push({number: ++number, text: line});
			}

			if (fresh.length > 2 * linesKept) {
				fresh = fresh.slice(-linesKept);
			}

			announce();
		},
		progress(value: Progress | undefined): void {
			progress = value && {...value, label: redact(value.label)};
			announce();
		},
	};
}
