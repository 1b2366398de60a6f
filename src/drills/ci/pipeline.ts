/** What ci.json keeps of a pipeline. Times are milliseconds since 1970; what follows from them is never stored. */
export type StoredPipeline = {
	number: number;
	/** 0: not a restart. */
	parent: number;
	reruns: number;
	event: 'manual' | 'push';
	branch: string;
	commit: string;
	author: string;
	message: string;
	variables?: Record<string, string>;
	created: number;
	steps: StoredStep[];
	cancelled?: {at: number; by: string};
};

export type StoredStep = {
	name: string;
	kind: 'clone' | 'commands' | 'push';
	/** As planned; a step that waits for its decision or its push takes longer. */
	starts: number;
	ends: number;
	log: LogLine[];
	/** Its container is the image of the incident, and it was or was not there when the step began. */
	runsInImage?: boolean;
	image?: 'pulled' | 'missing';
	/** Of a push step: `begun` is written before the first byte goes out. */
	push?: 'begun' | 'done' | 'refused';
};

export type LogLine = {at: number; text: string};
