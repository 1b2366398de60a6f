/** Shorter secrets would mask ordinary words. @see woodpecker-ci/woodpecker#7103 */
export const shortestForm = 4;
/** Of a secret that was cut, this many characters or fewer may remain. */
const longestRest = 4;

export type Range = [start: number, end: number];
/** The text goes on beyond this end, where it was cut. */
export type Cuts = {before?: boolean; after?: boolean};

/** Finds the forms of secrets in text, whole, and cut where the text is cut. Linear in the length of the text. */
export function createFormIndex() {
	const forms = new Set<string>();
	const byStart = createGrams(form => form.slice(0, shortestForm));
	const byEnd = createGrams(form => form.slice(-shortestForm));
	let longest = 0;

	/** Where a part of a form ends that starts at one of these places. */
	function cutAfter(text: string, end: number, starts: readonly number[]): Range | undefined {
		const start = starts.find(
			at =>
				end - at > longestRest &&
				end - at <= longest &&
				byStart.at(text, at)?.some(form => form.length > end - at && form.startsWith(text.slice(at, end))),
		);
		return start === undefined ? undefined : [start, end];
	}

	function cutBefore(text: string, start: number, ends: readonly number[]): Range | undefined {
		const end = ends.findLast(
			at =>
				at - start > longestRest &&
				at - start <= longest &&
				byEnd
					.at(text, at - shortestForm)
					?.some(form => form.length > at - start && form.endsWith(text.slice(start, at))),
		);
		return end === undefined ? undefined : [start, end];
	}

	function endsIn(text: string, start: number, end: number): number[] {
		const ends: number[] = [];
		for (let at = byEnd.next(text, start, end); at !== -1; at = byEnd.next(text, at + 1, end)) {
			ends.push(at + shortestForm);
		}

		return ends;
	}

	/** The whole forms in the text; the places where one may begin are added to `starts`. */
	function whole(text: string, starts: number[]): Range[] {
		const found: Range[] = [];
		for (let at = byStart.next(text, 0); at !== -1; at = byStart.next(text, at + 1)) {
			starts.push(at);
			const form = byStart.at(text, at)!.find(each => text.startsWith(each, at));
			if (form !== undefined) {
				found.push([at, at + form.length]);
			}
		}

		return found;
	}

	return {
		longest: () => longest,
		add(form: string): void {
			if (form.length >= shortestForm && !forms.has(form)) {
				forms.add(form);
				byStart.add(form);
				byEnd.add(form);
				longest = Math.max(longest, form.length);
			}
		},
		/** The forms in the text, and what is left of them at the ends where it was cut. They may overlap. */
		find(text: string, cuts: Cuts = {}): Range[] {
			const starts: number[] = [];
			const found = whole(text, starts);
			const atEnds = [
				cuts.after ? cutAfter(text, text.length, starts) : undefined,
				cuts.before ? cutBefore(text, 0, endsIn(text, 0, Math.min(text.length, longest))) : undefined,
			];
			found.push(...atEnds.filter(range => range !== undefined));
			return found;
		},
		/** Whether the text is a part of a form. It costs as much as all forms are long. */
		isPiece(text: string): boolean {
			return text.length > longestRest && text.length < longest && [...forms].some(form => form.includes(text));
		},
		/** Where the last part of the text may be the beginning of a form; undefined: nowhere. */
		openEnd(text: string): number | undefined {
			const starts: number[] = [];
			const from = Math.max(0, text.length - longest);
			for (let at = byStart.next(text, from); at !== -1; at = byStart.next(text, at + 1)) {
				starts.push(at);
			}

			return cutAfter(text, text.length, starts)?.[0];
		},
	};
}

/** Sorted and without overlaps. */
export function merged(ranges: readonly Range[]): Range[] {
	const all: Range[] = [];
	for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
		const last = all.at(-1);
		if (last !== undefined && start < last[1]) {
			last[1] = Math.max(last[1], end);
		} else {
			all.push([start, end]);
		}
	}

	return all;
}

const filterSize = 0x10000;

/** Forms by four characters of them. Most places of a text are passed over by a table of hashes. */
function createGrams(gramOf: (form: string) => string) {
	const known = new Map<string, string[]>();
	const filter = new Uint8Array(filterSize);

	return {
		add(form: string): void {
			const gram = gramOf(form);
			const same = known.get(gram) ?? [];
			// The longest first.
			const place = same.findIndex(({length}) => length < form.length);
			same.splice(place === -1 ? same.length : place, 0, form);
			known.set(gram, same);
			filter[hashAt(gram, 0)] = 1;
		},
		at: (text: string, at: number): readonly string[] | undefined => known.get(text.slice(at, at + shortestForm)),
		/** The next place from here on with four characters that a form has there; -1: none. */
		next(text: string, from: number, end = text.length): number {
			for (let at = from; at <= end - shortestForm; at++) {
				if (filter[hashAt(text, at)] === 1 && known.has(text.slice(at, at + shortestForm))) {
					return at;
				}
			}

			return -1;
		},
	};
}

function hashAt(text: string, at: number): number {
	return (
		(text.charCodeAt(at) * 0x9e5 +
			text.charCodeAt(at + 1) * 0x7f3 +
			text.charCodeAt(at + 2) * 0x1d5 +
			text.charCodeAt(at + 3)) &
		(filterSize - 1)
	);
}
