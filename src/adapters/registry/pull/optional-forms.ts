/**
 * A form counts as refused by a host after this many refusals in a row, each for a blob that another form then found. A single
 * odd refusal changes nothing.
 */
const refusalsToLearn = 2;
/** Of the requests that a learned refusal saves, one in this many is sent all the same: the host may have been reconfigured. */
const askedAgainEvery = 16;

/** Requests for a blob that HTTP makes optional: HEAD, the last byte as `bytes=-1`, and as `bytes=N-N`. */
export type OptionalForm = 'head' | 'suffix' | 'exact';

type Experience = {refusals: number; saved: number};

/** Remembers for one run which forms the registry, and each host that it redirects blobs to, refuses. */
export type OptionalForms = ReturnType<typeof createOptionalForms>;

export function createOptionalForms() {
	const experiences = new Map<string, Experience>();
	let headHost: string | undefined;

	function experience(host: string, form: OptionalForm): Experience {
		const key = `${form} ${host}`;
		const known = experiences.get(key) ?? {refusals: 0, saved: 0};
		experiences.set(key, known);
		return known;
	}

	return {
		/** Called once for each blob, because it counts how often a learned refusal saves a request. */
		isWorthTrying(host: string, form: OptionalForm): boolean {
			const known = experience(host, form);
			return known.refusals < refusalsToLearn || ++known.saved % askedAgainEvery === 0;
		},

		/** The host that answered the last HEAD: the registry, or one that it redirects to. */
		headHost: () => headHost,

		worked(host: string, form: OptionalForm): void {
			headHost = form === 'head' ? host : headHost;
			Object.assign(experience(host, form), {refusals: 0, saved: 0});
		},

		/** The host refused it, and another form found the blob. */
		refused(host: string, form: OptionalForm): void {
			headHost = form === 'head' ? host : headHost;
			experience(host, form).refusals++;
		},
	};
}
