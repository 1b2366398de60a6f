/** One request, as those want it who know what it is about. */
export type Asking = {
	method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
	/** Below /v2/. A page of a list is asked for by its whole URL. */
	path: string | URL;
	/** What a token must allow. */
	scope: string;
	headers?: Record<string, string>;
	body?: Uint8Array;
	/** Blobs may be stored with somebody else, who gets no credentials. */
	mayLiveElsewhere?: boolean;
	/** On a connection that nothing went over before. */
	fresh?: boolean;
	/** Bytes may have left this machine. */
	onSending?: () => void;
	/** They were refused for want of credentials, and did nothing. */
	onRefused?: () => void;
	/** What the record calls it, where the path itself is long and says nothing. */
	name?: string;
	/** Milliseconds until the headers are there; what is usual if left out. Needs a deadline beyond it. */
	headersDeadline?: number;
	/** Milliseconds until the last byte; what is usual for anything small if left out. */
	deadline?: number;
};
